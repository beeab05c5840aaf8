#include "regard/models/albert.h"

namespace regard::models {

TextEncoderConfig albert_config(const JsonField& config) {
  TextEncoderConfig c = bert_like_config(config, {.family = "Albert", .pretraining = "AlbertForPreTraining"});
  c.embedding_width = config.positive_or("embedding_size", 128);
  c.groups = config.positive_or("num_hidden_groups", 1);
  if (c.groups > c.layers) config.at("num_hidden_groups").refuse("at most num_hidden_layers");
  c.run = config.positive_or("inner_group_num", 1);
  if (c.run > 1000 / c.layers) config.at("inner_group_num").refuse("at most 1000 layers in all");
  c.layers *= c.run;
  c.projected = TextEncoderConfig::Projected::always;
  c.head.dropout =
      config.has("classifier_dropout_prob") ? encoder_rate(config, "classifier_dropout_prob") : c.dropout;
  c.head.relation_dropout = c.head.dropout;
  return c;
}

const TextEncoderNames& albert_names() {
  static const TextEncoderNames names{
      .prefix = "albert.",
      .embedding_projection = "encoder.embedding_hidden_mapping_in",
      .layers = "encoder.albert_layer_groups",
      .run = "albert_layers",
      .attention = {"attention.query", "attention.key", "attention.value", "attention.dense"},
      .attention_norm = "attention.LayerNorm",
      .feed_forward = {"ffn", "ffn_output", ""},
      .feed_forward_norm = "full_layer_layer_norm",
      .pooler = "pooler",
      .head = {.vocabulary_dense = "predictions.dense",
               .vocabulary_norm = "predictions.LayerNorm",
               .vocabulary_bias = "predictions.bias",
               .vocabulary = "predictions.decoder",
               .sequence = "classifier",
               .relation = "sop_classifier.classifier",
               .relation_output = "sop_logits"}};
  return names;
}

}  // namespace regard::models
