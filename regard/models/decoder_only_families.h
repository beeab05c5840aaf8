#pragma once

#include <memory>
#include <span>

#include "regard/models/decoder_only.h"
#include "regard/models/family.h"

namespace regard::models {

struct DecoderOnlyFamily : Family {
  DecoderOnlyConfig (*read)(const JsonField& config);
  const DecoderOnlyNames& (*names)();
  std::string_view span_prefix = {};  // of the base model's weights in ...ForQuestionAnswering, if another

  std::unique_ptr<Model> make(const JsonField& config, nn::WeightSource& weights) const;
};

std::span<const DecoderOnlyFamily> decoder_only_families();

}  // namespace regard::models
