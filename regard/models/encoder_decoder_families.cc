#include "regard/models/encoder_decoder_families.h"

#include <fmt/format.h>

#include <array>

#include "regard/models/bart.h"
#include "regard/models/marian.h"
#include "regard/models/native.h"
#include "regard/models/pegasus.h"
#include "regard/models/t5.h"

namespace regard::models {
namespace {

constexpr std::array families{
    EncoderDecoderFamily{
        {"bart", "BartForConditionalGeneration", "model."}, "BartModel", bart_model_config, bart_names},
    EncoderDecoderFamily{{"marian", "MarianMTModel", "model."}, "MarianModel", marian_config, bart_names},
    EncoderDecoderFamily{
        {"mbart", "MBartForConditionalGeneration", "model."}, "MBartModel", mbart_config, bart_names},
    EncoderDecoderFamily{{"mt5", "MT5ForConditionalGeneration", ""}, "MT5Model", mt5_config, t5_names},
    EncoderDecoderFamily{{"pegasus", "PegasusForConditionalGeneration", "model."},
                         "PegasusModel",
                         pegasus_config,
                         bart_names,
                         StoredPositions::sinusoidal},
    EncoderDecoderFamily{{"regard", "RegardEncoderDecoder", "model."}, "", native_config, bart_names},
    EncoderDecoderFamily{{"t5", "T5ForConditionalGeneration", ""},
                         "T5Model",
                         t5_config,
                         t5_names,
                         StoredPositions::none,
                         "T5WithLMHeadModel"}};

Head head_of(const EncoderDecoderFamily& family, const JsonField& config) {
  const auto found = config.find("architectures");
  if (!found) return Head::vocabulary;
  for (const JsonField& item : found->items()) {
    const std::string& name = item.text();
    if (name == family.architecture || name == family.alias) return Head::vocabulary;
    if (!family.base.empty() && name == family.base) return Head::none;
    item.refuse(fmt::format("{}{}{}", family.architecture, family.base.empty() ? "" : " or ", family.base));
  }
  return Head::vocabulary;
}

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
  shape.head = head_of(*this, config);
  const EncoderDecoderNames full = names();
  return std::make_unique<EncoderDecoder>(
      config.value(), shape, shape.head == Head::none ? without_prefix(full, prefix) : full, weights);
}

}  // namespace regard::models
