#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "regard/models/encoder_decoder.h"
#include "regard/models/family.h"

namespace regard::models {

struct EncoderDecoderFamily : Family {
  std::string_view base;  // the class without a head
  EncoderDecoderConfig (*read)(const JsonField& config);
  const EncoderDecoderNames& (*names)();
  StoredPositions positions = StoredPositions::none;
  std::string_view alias = {};  // an older name of the class

  std::unique_ptr<Model> make(const JsonField& config, nn::WeightSource& weights) const;
};

std::span<const EncoderDecoderFamily> encoder_decoder_families();
// By model_type: the first refuses a configuration that names none of them, the second gives null.
const EncoderDecoderFamily& encoder_decoder_family_of(const JsonField& config);
const EncoderDecoderFamily* encoder_decoder_family(std::string_view type);

}  // namespace regard::models
