#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "regard/models/encoder_decoder.h"
#include "regard/models/family.h"

namespace regard::models {

// The classes of transformers besides the one that generates; those that a family has not are empty.
struct EncoderDecoderClasses {
  std::string_view base = {};     // without a head
  std::string_view alias = {};    // an older name of the one that generates
  std::string_view encoder = {};  // the encoder alone
  std::string_view labels = {};   // with ForSequenceClassification or ForQuestionAnswering behind it
  // With ForTokenClassification behind it: the encoder alone under that head.
  std::string_view tokens = {};
  // What the base model's weights stand below in the classes with a head for sequences or tokens, where those
  // that generate have no prefix.
  std::string_view prefix = {};
};

struct EncoderDecoderFamily : Family {
  EncoderDecoderConfig (*read)(const JsonField& config);
  const EncoderDecoderNames& (*names)();
  EncoderDecoderClasses classes;
  StoredPositions positions = StoredPositions::none;

  std::unique_ptr<Model> make(const JsonField& config, nn::WeightSource& weights) const;
};

std::span<const EncoderDecoderFamily> encoder_decoder_families();
// By model_type: the first refuses a configuration that names none of them, the second gives null.
const EncoderDecoderFamily& encoder_decoder_family_of(const JsonField& config);
const EncoderDecoderFamily* encoder_decoder_family(std::string_view type);

}  // namespace regard::models
