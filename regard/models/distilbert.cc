#include "regard/models/distilbert.h"

namespace regard::models {

TextEncoderConfig distilbert_config(const JsonField& config) {
  TextEncoderConfig c;
  c.vocabulary = config.at("vocab_size").positive();
  c.width = c.embedding_width = config.at("dim").positive();
  c.layers = c.groups = config.at("n_layers").integer_within(1, 1000);
  c.heads = config.at("n_heads").positive();
  if (c.width % c.heads != 0) config.at("n_heads").refuse("a divisor of dim");
  c.inner = config.at("hidden_dim").positive();
  c.position_rows = config.positive_or("max_position_embeddings", 512);
  if (config.boolean_or("sinusoidal_pos_embds", false))
    c.position_table = TextEncoderConfig::PositionTable::sinusoidal;
  c.activation = encoder_activation(config, "activation");
  c.dropout = encoder_rate(config, "dropout");
  c.attention_dropout = encoder_rate(config, "attention_dropout");
  if (config.has("pad_token_id"))
    c.padding = static_cast<std::int32_t>(config.at("pad_token_id").integer_within(0, c.vocabulary - 1));
  c.head = encoder_head(config, {"DistilBert"});
  c.head.vocabulary_activation = c.activation;
  c.head.sequence_activation = kernels::Activation::relu;
  c.head.dropout =
      c.head.kind == HeadKind::sequence ? encoder_rate(config, "seq_classif_dropout") : c.dropout;
  return c;
}

const TextEncoderNames& distilbert_names() {
  static const TextEncoderNames names{
      .prefix = "distilbert.",
      .layers = "transformer.layer",
      .attention = {"attention.q_lin", "attention.k_lin", "attention.v_lin", "attention.out_lin"},
      .attention_norm = "sa_layer_norm",
      .feed_forward = {"ffn.lin1", "ffn.lin2", ""},
      .feed_forward_norm = "output_layer_norm",
      .head = {.vocabulary_dense = "vocab_transform",
               .vocabulary_norm = "vocab_layer_norm",
               .vocabulary = "vocab_projector",
               .sequence_dense = "pre_classifier",
               .sequence = "classifier",
               .choice_dense = "pre_classifier"}};
  return names;
}

}  // namespace regard::models
