#pragma once

#include <memory>
#include <span>

#include "regard/models/family.h"
#include "regard/models/text_encoder_config.h"

namespace regard::models {

struct TextEncoderFamily : Family {
  TextEncoderConfig (*read)(const JsonField& config);
  const TextEncoderNames& (*names)();
  const TextEncoderNames& (*names_by)(const JsonField& config) = nullptr;  // where they depend on it

  std::unique_ptr<Model> make(const JsonField& config, nn::WeightSource& weights) const;
};

std::span<const TextEncoderFamily> text_encoder_families();

}  // namespace regard::models
