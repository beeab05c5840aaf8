#include "regard/models/encoder_decoder_families.h"

#include <fmt/format.h>

#include <array>

#include "regard/models/bart.h"
#include "regard/models/marian.h"
#include "regard/models/native.h"
#include "regard/models/pegasus.h"
#include "regard/models/sequence_to_sequence_encoder.h"
#include "regard/models/t5.h"

namespace regard::models {
namespace {

constexpr std::array families{
    EncoderDecoderFamily{{"bart", "BartForConditionalGeneration", "model."},
                         bart_model_config,
                         bart_names,
                         {.base = "BartModel", .labels = "Bart"}},
    EncoderDecoderFamily{
        {"marian", "MarianMTModel", "model."}, marian_config, bart_names, {.base = "MarianModel"}},
    EncoderDecoderFamily{{"mbart", "MBartForConditionalGeneration", "model."},
                         mbart_config,
                         bart_names,
                         {.base = "MBartModel", .labels = "MBart"}},
    EncoderDecoderFamily{{"mt5", "MT5ForConditionalGeneration", ""},
                         mt5_config,
                         t5_names,
                         {.base = "MT5Model",
                          .encoder = "MT5EncoderModel",
                          .labels = "MT5",
                          .tokens = "MT5",
                          .prefix = "transformer."}},
    EncoderDecoderFamily{{"pegasus", "PegasusForConditionalGeneration", "model."},
                         pegasus_config,
                         bart_names,
                         {.base = "PegasusModel"},
                         StoredPositions::sinusoidal},
    EncoderDecoderFamily{{"regard", "RegardEncoderDecoder", "model."}, native_config, bart_names, {}},
    EncoderDecoderFamily{{"t5", "T5ForConditionalGeneration", ""},
                         t5_config,
                         t5_names,
                         {.base = "T5Model",
                          .alias = "T5WithLMHeadModel",
                          .encoder = "T5EncoderModel",
                          .labels = "T5",
                          .tokens = "T5",
                          .prefix = "transformer."}}};

// What a file's class makes of the stacks.
struct Use {
  Head head = Head::vocabulary;  // of the decoder
  bool encoder_alone = false;
  HeadKind labels = HeadKind::none;
};

Use use_of(const EncoderDecoderFamily& family, const JsonField& config) {
  const auto found = config.find("architectures");
  if (!found || found->items().empty()) return {};
  const EncoderDecoderClasses& classes = family.classes;
  std::vector<std::pair<std::string, Use>> known{{std::string(family.architecture), {}}};
  const auto add = [&](std::string_view name, std::string_view ending, const Use& use) {
    if (!name.empty()) known.emplace_back(fmt::format("{}{}", name, ending), use);
  };
  add(classes.alias, "", {});
  add(classes.base, "", {.head = Head::none});
  add(classes.encoder, "", {.head = Head::none, .encoder_alone = true});
  add(classes.labels, "ForSequenceClassification", {.head = Head::none, .labels = HeadKind::sequence});
  add(classes.labels, "ForQuestionAnswering", {.head = Head::none, .labels = HeadKind::span});
  add(classes.tokens, "ForTokenClassification",
      {.head = Head::none, .encoder_alone = true, .labels = HeadKind::tokens});
  const JsonField first = found->items().front();
  std::vector<std::string> names;
  for (const auto& [name, use] : known) {
    if (first.text() == name) return use;
    names.push_back(name);
  }
  first.refuse(fmt::format("{}", fmt::join(names, " or ")));
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
  const Use use = use_of(*this, config);
  EncoderDecoderConfig shape = read(config);
  shape.stored_positions = positions;
  shape.head = use.head;
  if (use.encoder_alone) shape.stacks = EncoderDecoderConfig::Stacks::encoder;
  if (use.labels != HeadKind::none) shape.logits_scale = 1;
  EncoderDecoderNames named = names();
  if (use.head == Head::none && use.labels == HeadKind::none) named = without_prefix(named, prefix);
  if (use.labels == HeadKind::sequence || use.labels == HeadKind::tokens)
    named = with_prefix(named, classes.prefix);
  auto stacks = std::make_unique<EncoderDecoder>(config.value(), shape, named, weights);
  if (!use.encoder_alone && use.labels == HeadKind::none) return stacks;
  EncoderHeadConfig head;
  if (use.labels != HeadKind::none) {
    head = label_config(config, use.labels);
    head.dropout = encoder_rate(config, "classifier_dropout");
  }
  return std::make_unique<SequenceToSequenceEncoder>(std::move(stacks), head);
}

}  // namespace regard::models
