#include "regard/models/bart_config.h"

#include <cmath>

namespace regard::models {
namespace {

using Config = EncoderDecoderConfig;

kernels::Activation activation_of(const JsonField& config) {
  const JsonField name = config.at("activation_function");
  const auto activation = kernels::activation_named(name.text());
  if (!activation) name.refuse("relu, gelu, gelu_new, silu, swish or tanh");
  return *activation;
}

double rate_of(const JsonField& config, std::string_view key) {
  const double rate = config.number_or(key, 0);
  if (!(rate >= 0 && rate < 1)) config.at(key).refuse("a rate from 0 to below 1");
  return rate;
}

Config::Stack stack_of(const JsonField& config, const std::string& side, std::int64_t width) {
  Config::Stack stack;
  stack.layers = stack.groups = config.at(side + "_layers").integer_within(1, 1000);
  stack.heads = stack.key_heads = config.at(side + "_attention_heads").positive();
  stack.inner = config.at(side + "_ffn_dim").positive();
  if (width % stack.heads != 0) config.at(side + "_attention_heads").refuse("a divisor of d_model");
  return stack;
}

}  // namespace

Config bart_config(const JsonField& config) {
  Config c;
  c.vocabulary = c.decoder_vocabulary = config.at("vocab_size").positive();
  c.width = config.at("d_model").positive();
  c.encoder = stack_of(config, "encoder", c.width);
  c.decoder = stack_of(config, "decoder", c.width);
  constexpr std::int64_t most = std::int64_t{1} << 24;  // a table is made of them
  c.max_positions = 1024;
  if (const auto positions = config.find("max_position_embeddings"))
    c.max_positions = positions->integer_within(1, most);
  c.activation = activation_of(config);
  c.dropout = rate_of(config, "dropout");
  c.attention_dropout = rate_of(config, "attention_dropout");
  c.activation_dropout = rate_of(config, "activation_dropout");
  c.embedding_scale =
      config.boolean_or("scale_embedding", false) ? std::sqrt(static_cast<double>(c.width)) : 1;
  c.padding = static_cast<std::int32_t>(config.at("pad_token_id").integer_within(0, c.vocabulary - 1));
  return c;
}

}  // namespace regard::models
