#include "regard/models/roberta.h"

#include "regard/models/bert.h"

namespace regard::models {

TextEncoderConfig roberta_like_config(const JsonField& config, const HeadClasses& classes) {
  TextEncoderConfig c = bert_like_config(config, classes);
  if (!c.padding) c.padding = 1;
  if (*c.padding + 1 >= c.position_rows)
    config.at("max_position_embeddings").refuse("more than pad_token_id + 1");
  c.position_padding = c.padding;
  c.head.vocabulary_activation = kernels::Activation::gelu;
  return c;
}

TextEncoderConfig roberta_config(const JsonField& config) { return roberta_like_config(config, {"Roberta"}); }
TextEncoderConfig xlm_roberta_config(const JsonField& config) {
  return roberta_like_config(config, {"XLMRoberta"});
}
TextEncoderConfig camembert_config(const JsonField& config) {
  return roberta_like_config(config, {"Camembert"});
}

const TextEncoderNames& roberta_names() {
  static const TextEncoderNames names = [] {
    TextEncoderNames n = bert_names();
    n.prefix = "roberta.";
    n.head = {.vocabulary_dense = "lm_head.dense",
              .vocabulary_norm = "lm_head.layer_norm",
              .vocabulary_bias = "lm_head.bias",
              .vocabulary = "lm_head.decoder",
              .sequence_dense = "classifier.dense",
              .sequence = "classifier.out_proj"};
    return n;
  }();
  return names;
}

}  // namespace regard::models
