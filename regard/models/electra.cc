#include "regard/models/electra.h"

#include "regard/models/bert.h"

namespace regard::models {

TextEncoderConfig electra_config(const JsonField& config) {
  TextEncoderConfig c = bert_like_config(config, {.family = "Electra", .replaced = "ElectraForPreTraining"});
  c.embedding_width = config.positive_or("embedding_size", 128);
  c.head.vocabulary_activation = c.head.sequence_activation = kernels::Activation::gelu;
  if (c.head.kind != HeadKind::choices) return c;
  if (config.text_or("summary_type", "first") != "first") config.at("summary_type").refuse("first");
  if (!config.boolean_or("summary_use_proj", true)) config.at("summary_use_proj").refuse("true");
  c.head.sequence_activation = encoder_activation(config, "summary_activation");
  return c;
}

const TextEncoderNames& electra_names() {
  static const TextEncoderNames names = [] {
    TextEncoderNames n = bert_names();
    n.prefix = "electra.";
    n.embedding_projection = "embeddings_project";  // where the widths differ
    n.pooler = "";
    n.head = {.vocabulary_dense = "generator_predictions.dense",
              .vocabulary_norm = "generator_predictions.LayerNorm",
              .vocabulary = "generator_lm_head",
              .sequence_dense = "classifier.dense",
              .sequence = "classifier.out_proj",
              .replaced_dense = "discriminator_predictions.dense",
              .replaced = "discriminator_predictions.dense_prediction",
              .choice_dense = "sequence_summary.summary"};
    return n;
  }();
  return names;
}

}  // namespace regard::models
