#include "regard/models/big_bird.h"

#include <cmath>

#include "regard/models/bert.h"

namespace regard::models {

TextEncoderConfig big_bird_config(const JsonField& config) {
  TextEncoderConfig c =
      bert_like_config(config, {.family = "BigBird", .pretraining = "BigBirdForPreTraining"});
  if (config.text_or("attention_type", "block_sparse") == "block_sparse") {
    c.pattern = TextEncoderConfig::Pattern::blocks;
    c.block = config.positive_or("block_size", 64);
    c.random_blocks = config.integer_or("num_random_blocks", 3);
    if (c.random_blocks < 0 || c.random_blocks > 1 << 20) config.at("num_random_blocks").refuse("0 or more");
  } else {
    config.at("attention_type").one_of({"original_full", "block_sparse"});
  }
  if (!config.boolean_or("use_bias", true)) config.at("use_bias").refuse("true");
  if (config.boolean_or("rescale_embeddings", false))
    c.embedding_scale = std::sqrt(static_cast<double>(c.width));
  c.head.sequence_activation = c.activation;
  c.question_apart = c.head.kind == HeadKind::span;
  c.separator = static_cast<std::int32_t>(config.integer_or("sep_token_id", 66));
  return c;
}

const TextEncoderNames& big_bird_names() {
  static const TextEncoderNames names = [] {
    TextEncoderNames n = bert_names();
    n.pooler = "pooler";
    n.head.sequence_dense = "classifier.dense";
    n.head.sequence = "classifier.out_proj";
    n.head.span = "qa_classifier.qa_outputs";
    n.head.span_feed_forward = {"qa_classifier.intermediate.dense", "qa_classifier.output.dense", ""};
    n.head.span_norm = "qa_classifier.output.LayerNorm";
    return n;
  }();
  return names;
}

}  // namespace regard::models
