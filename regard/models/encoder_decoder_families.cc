#include "regard/models/encoder_decoder_families.h"

#include <array>

#include "regard/models/marian.h"
#include "regard/models/native.h"
#include "regard/models/pegasus.h"

namespace regard::models {
namespace {

constexpr std::array families{
    EncoderDecoderFamily{{"marian", "MarianMTModel", "model."}, marian_config, bart_names},
    EncoderDecoderFamily{{"pegasus", "PegasusForConditionalGeneration", "model."},
                         pegasus_config,
                         bart_names,
                         StoredPositions::sinusoidal},
    EncoderDecoderFamily{{"regard", "RegardEncoderDecoder", "model."}, native_config, bart_names}};

}  // namespace

std::span<const EncoderDecoderFamily> encoder_decoder_families() { return families; }

const EncoderDecoderFamily* encoder_decoder_family(std::string_view type) {
  for (const EncoderDecoderFamily& f : families)
    if (f.type == type) return &f;
  return nullptr;
}

const EncoderDecoderFamily& encoder_decoder_family_of(const JsonField& config) {
  const JsonField type = config.at("model_type");
  if (const EncoderDecoderFamily* family = encoder_decoder_family(type.text())) return *family;
  type.refuse("a family of encoder-decoders");
}

std::unique_ptr<Model> EncoderDecoderFamily::make(const JsonField& config, nn::WeightSource& weights) const {
  EncoderDecoderConfig shape = read(config);
  shape.stored_positions = positions;
  return std::make_unique<EncoderDecoder>(config.value(), shape, names(), weights);
}

}  // namespace regard::models
