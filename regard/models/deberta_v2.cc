#include "regard/models/deberta_v2.h"

#include "regard/models/bert.h"

namespace regard::models {
namespace {

// A list, or names between bars: "p2c|c2p".
bool has_word(const JsonField& config, std::string_view key, std::string_view word) {
  const auto field = config.find(key);
  if (!field) return false;
  if (!field->value().is_array()) return field->text().find(word) != std::string::npos;
  for (const JsonField& item : field->items())
    if (item.text() == word) return true;
  return false;
}

void read_content(const JsonField& config, TextEncoderConfig& c) {
  if (!config.boolean_or("relative_attention", false)) return;
  std::int64_t farthest = config.integer_or("max_relative_positions", -1);
  if (farthest < 1) farthest = config.positive_or("max_position_embeddings", 512);
  const std::int64_t buckets = config.integer_or("position_buckets", -1);
  if (farthest < 2 || farthest > 1 << 24) config.at("max_relative_positions").refuse("2 or more");
  if (buckets > 0 && (buckets < 4 || buckets > 1 << 24))
    config.at("position_buckets").refuse("4 or more, or -1");
  c.content_rows = 2 * (buckets > 0 ? buckets : farthest);
  c.content_farthest = buckets > 0 ? farthest : 0;
  c.content_of_query = has_word(config, "pos_att_type", "c2p");
  c.content_of_key = has_word(config, "pos_att_type", "p2c");
  c.content_normalized = has_word(config, "norm_rel_ebd", "layer_norm");
  c.content_shared = config.boolean_or("share_att_key", false);
}

void read_convolution(const JsonField& config, TextEncoderConfig& c) {
  const std::int64_t length = config.integer_or("conv_kernel_size", 0);
  if (length <= 0) return;
  if (length % 2 == 0 || length > 1024) config.at("conv_kernel_size").refuse("an odd number, at most 1023");
  if ((std::int64_t{1} << 30) / length / c.width < c.width)
    config.at("conv_kernel_size").refuse("a smaller convolution");
  if (config.positive_or("conv_groups", 1) != 1) config.at("conv_groups").refuse("1");
  c.convolution = length;
  if (!config.has("conv_act")) return;  // tanh
  c.convolution_activation = encoder_activation(config, "conv_act");
}

// `legacy` false: a head as DeBERTa's authors have it, with names of its own.
bool has_own_prediction(const JsonField& config) { return !config.boolean_or("legacy", true); }

}  // namespace

TextEncoderConfig deberta_v2_config(const JsonField& config) {
  TextEncoderConfig c = bert_like_config(config, {"DebertaV2"});
  if (config.positive_or("embedding_size", c.width) != c.width)
    config.at("embedding_size").refuse("hidden_size");
  read_convolution(config, c);
  if (config.positive_or("attention_head_size", c.width / c.heads) != c.width / c.heads)
    config.at("attention_head_size").refuse("hidden_size / num_attention_heads");
  if (config.positive_or("pooler_hidden_size", c.width) != c.width)
    config.at("pooler_hidden_size").refuse("hidden_size");
  if (has_own_prediction(config)) c.head.tied = true;
  c.types = config.integer_or("type_vocab_size", 0);
  c.max_positions = c.position_rows;
  if (!config.boolean_or("position_biased_input", true)) c.position_rows = 0;
  c.head.sequence_activation = encoder_activation(config, "pooler_hidden_act");
  if (config.has("cls_dropout")) c.head.dropout = encoder_rate(config, "cls_dropout");
  read_content(config, c);
  return c;
}

const TextEncoderNames& deberta_v2_names(const JsonField& config) {
  static const TextEncoderNames names = [] {
    TextEncoderNames n = bert_names();
    n.prefix = "deberta.";
    n.attention = {"attention.self.query_proj", "attention.self.key_proj", "attention.self.value_proj",
                   "attention.output.dense"};
    n.content = "encoder.rel_embeddings.weight";
    n.content_norm = "encoder.LayerNorm";
    n.content_query = "attention.self.pos_query_proj";
    n.content_key = "attention.self.pos_key_proj";
    n.convolution = "encoder.conv.conv";
    n.convolution_norm = "encoder.conv.LayerNorm";
    n.pooler = "";
    n.head.sequence_dense = n.head.choice_dense = "pooler.dense";
    return n;
  }();
  static const TextEncoderNames own_prediction = [] {
    TextEncoderNames n = names;
    n.head.vocabulary_dense = "lm_predictions.lm_head.dense";
    n.head.vocabulary_norm = "lm_predictions.lm_head.LayerNorm";
    n.head.vocabulary_bias = "lm_predictions.lm_head.bias";
    n.head.vocabulary = "lm_predictions.lm_head.decoder";  // never stored: it is the table of embeddings
    return n;
  }();
  return has_own_prediction(config) ? own_prediction : names;
}

}  // namespace regard::models
