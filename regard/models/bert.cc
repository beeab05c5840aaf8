#include "regard/models/bert.h"

namespace regard::models {

TextEncoderConfig bert_config(const JsonField& config) {
  return bert_like_config(config, {.family = "Bert",
                                   .pretraining = "BertForPreTraining",
                                   .next_sentence = "BertForNextSentencePrediction"});
}

const TextEncoderNames& bert_names() {
  static const TextEncoderNames names{.prefix = "bert.",
                                      .attention = {"attention.self.query", "attention.self.key",
                                                    "attention.self.value", "attention.output.dense"},
                                      .attention_norm = "attention.output.LayerNorm",
                                      .feed_forward = {"intermediate.dense", "output.dense", ""},
                                      .feed_forward_norm = "output.LayerNorm",
                                      .pooler = "pooler.dense",
                                      .head = {.vocabulary_dense = "cls.predictions.transform.dense",
                                               .vocabulary_norm = "cls.predictions.transform.LayerNorm",
                                               .vocabulary_bias = "cls.predictions.bias",
                                               .vocabulary = "cls.predictions.decoder",
                                               .sequence = "classifier",
                                               .relation = "cls.seq_relationship"}};
  return names;
}

}  // namespace regard::models
