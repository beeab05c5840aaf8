#include "regard/models/decoder_only_config.h"

#include <cmath>

namespace regard::models {
namespace {

using Type = RotaryScaling::Type;

// Texts of rotary models may be as long as one likes: max_position_embeddings is what they were trained on.
constexpr std::int64_t unlimited = std::int64_t{1} << 24;

// rope_parameters of version 5 or rope_scaling of version 4; nothing where neither is there.
std::optional<JsonField> rope_fields(const JsonField& config) {
  auto fields = config.find("rope_scaling");
  if (!fields) fields = config.find("rope_parameters");
  if (fields && !fields->value().is_object()) fields->refuse("an object");
  return fields;
}

double above_zero(const JsonField& field) {
  const double x = field.number();
  if (!(x > 0)) field.refuse("a number above 0");
  return x;
}

double above_zero_or(const JsonField& fields, std::string_view key, double otherwise) {
  const auto f = fields.find(key);
  return f ? above_zero(*f) : otherwise;
}

std::vector<double> factors(const JsonField& fields, std::string_view key, std::int64_t count) {
  std::vector<double> all;
  for (const JsonField& item : fields.at(key).items()) all.push_back(above_zero(item));
  if (static_cast<std::int64_t>(all.size()) != count)
    fields.at(key).refuse("half as many numbers as dimensions turn, " + std::to_string(count));
  return all;
}

double yarn_amplitude(double factor, double scale) {
  return factor <= 1 ? 1 : 0.1 * scale * std::log(factor) + 1;
}

// The lengths that scalings refer to.
struct Lengths {
  double longest = 0, original = 0;
};
Lengths lengths_of(const JsonField& config, const JsonField& fields) {
  Lengths l;
  l.longest = static_cast<double>(config.at("max_position_embeddings").positive());
  l.original = above_zero_or(fields, "original_max_position_embeddings", l.longest);
  l.original = above_zero_or(config, "original_max_position_embeddings", l.original);
  return l;
}

RotaryScaling long_rope(const JsonField& fields, const Lengths& lengths, std::int64_t dims) {
  RotaryScaling s{.type = Type::long_rope, .original_positions = lengths.original};
  s.short_factors = factors(fields, "short_factor", dims / 2);
  s.long_factors = factors(fields, "long_factor", dims / 2);
  s.factor = above_zero_or(fields, "factor", lengths.longest / lengths.original);
  const double usual = s.factor <= 1 ? 1 : std::sqrt(1 + std::log(s.factor) / std::log(lengths.original));
  s.amplitude = above_zero_or(fields, "attention_factor", usual);
  return s;
}

RotaryScaling yarn(const JsonField& fields, const Lengths& lengths) {
  RotaryScaling s{.type = Type::yarn, .original_positions = lengths.original};
  s.factor = above_zero_or(fields, "factor", lengths.longest / lengths.original);
  const double scale = fields.number_or("mscale", 0), all = fields.number_or("mscale_all_dim", 0);
  const double usual = scale != 0 && all != 0
                           ? yarn_amplitude(s.factor, scale) / yarn_amplitude(s.factor, all)
                           : yarn_amplitude(s.factor, 1);
  s.amplitude = above_zero_or(fields, "attention_factor", usual);
  s.fast_turns = above_zero_or(fields, "beta_fast", 32);
  s.slow_turns = above_zero_or(fields, "beta_slow", 1);
  s.whole_bounds = fields.boolean_or("truncate", true);
  return s;
}

RotaryScaling scaling_of(const JsonField& config, const JsonField& fields, std::int64_t dims) {
  auto type = fields.find("rope_type");
  if (!type) type = fields.find("type");
  const std::string name =
      type ? type->one_of({"default", "linear", "dynamic", "llama3", "yarn", "longrope", "su"}) : "default";
  if (name == "default") return {};
  const Lengths lengths = lengths_of(config, fields);
  if (name == "longrope" || name == "su") return long_rope(fields, lengths, dims);
  if (name == "yarn") return yarn(fields, lengths);
  RotaryScaling s{.type = Type::linear, .factor = above_zero(fields.at("factor"))};
  if (name == "dynamic") {
    s.type = Type::dynamic;
    s.max_positions = lengths.longest;
    if (dims <= 2) fields.at("factor").refuse("nothing, because only two dimensions turn");
  } else if (name == "llama3") {
    s.type = Type::llama3;
    s.original_positions = lengths.original;
    s.low_frequency = above_zero(fields.at("low_freq_factor"));
    s.high_frequency = above_zero(fields.at("high_freq_factor"));
    if (s.high_frequency <= s.low_frequency)
      fields.at("high_freq_factor").refuse("a number above low_freq_factor");
  }
  return s;
}

}  // namespace

HeadKind decoder_head(const JsonField& config) {
  const auto architectures = config.find("architectures");
  if (!architectures || architectures->items().empty()) return HeadKind::vocabulary;
  const JsonField first = architectures->items().front();
  const std::string& name = first.text();
  if (name.ends_with("ForCausalLM") || name.ends_with("LMHeadModel")) return HeadKind::vocabulary;
  if (name.ends_with("Model") && !name.ends_with("DoubleHeadsModel")) return HeadKind::none;
  if (name.ends_with("ForSequenceClassification")) return HeadKind::sequence;
  if (name.ends_with("ForTokenClassification")) return HeadKind::tokens;
  if (name.ends_with("ForQuestionAnswering")) return HeadKind::span;
  first.refuse(
      "...Model, ...ForCausalLM, ...LMHeadModel, ...ForSequenceClassification, ...ForTokenClassification or "
      "...ForQuestionAnswering");
}

JsonField first_of(const JsonField& config, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys)
    if (config.has(key)) return config.at(key);
  return config.at(*keys.begin());
}

kernels::Activation activation_of(const JsonField& config, std::string_view key, std::string_view usual) {
  const auto activation = kernels::activation_named(config.text_or(key, usual));
  if (!activation) config.at(key).refuse("relu, gelu, gelu_new, gelu_pytorch_tanh, silu, swish or tanh");
  return *activation;
}

double dropout_of(const JsonField& config, std::string_view key, double usual) {
  const double rate = config.number_or(key, usual);
  if (!(rate >= 0 && rate < 1)) config.at(key).refuse("a rate from 0 to below 1");
  return rate;
}

DecoderOnlyConfig common_decoder_config(const JsonField& config, bool tied) {
  DecoderOnlyConfig c;
  c.vocabulary = config.at("vocab_size").positive();
  c.tied = config.boolean_or("tie_word_embeddings", tied);
  c.vocabulary_head = decoder_head(config) == HeadKind::vocabulary;
  c.max_positions = unlimited;
  return c;
}

void read_rotary(const JsonField& config, const RotaryKeys& keys, DecoderOnlyConfig& c) {
  c.positions.type = nn::PositionType::rotary;
  const auto fields = rope_fields(config);
  const auto number = [&](std::string_view key, double usual) {
    if (const auto f = fields ? fields->find(key) : std::nullopt) return above_zero(*f);
    const bool is_theta = key == "rope_theta";
    return above_zero_or(config, is_theta ? keys.theta_key : keys.part_key, usual);
  };
  c.positions.theta = number("rope_theta", keys.theta);
  const double part = number("partial_rotary_factor", keys.part);
  if (part > 1 || (!keys.reads_part && part != 1))
    first_of(fields ? *fields : config, {"partial_rotary_factor"})
        .refuse(keys.reads_part ? "a part, from 0 to 1" : "1, because this family turns whole heads");
  c.positions.rotary_dims = static_cast<std::int64_t>(static_cast<double>(c.head_width) * part);
  if (c.positions.rotary_dims < 2 || c.positions.rotary_dims % 2 != 0)
    config.refuse("heads of which an even number of dimensions turn, not " +
                  std::to_string(c.positions.rotary_dims));
  if (fields) c.positions.rotary_scaling = scaling_of(config, *fields, c.positions.rotary_dims);
}

bool slides_by_type(const JsonField& config, std::int64_t layer, bool otherwise) {
  const auto types = config.find("layer_types");
  if (!types) return otherwise;
  const auto items = types->items();
  if (layer >= static_cast<std::int64_t>(items.size())) types->refuse("a type for each layer");
  return items[static_cast<std::size_t>(layer)].one_of({"full_attention", "sliding_attention"}) ==
         "sliding_attention";
}

DecoderOnlyConfig llama_like_config(const JsonField& config, bool tied) {
  DecoderOnlyConfig c = common_decoder_config(config, tied);
  c.width = config.at("hidden_size").positive();
  c.inner = config.at("intermediate_size").positive();
  c.layers = config.at("num_hidden_layers").integer_within(1, 1000);
  c.heads = config.at("num_attention_heads").positive();
  c.key_heads = config.positive_or("num_key_value_heads", c.heads);
  if (c.heads % c.key_heads != 0) config.at("num_key_value_heads").refuse("a divisor of num_attention_heads");
  if (!config.has("head_dim") && c.width % c.heads != 0)
    config.at("num_attention_heads").refuse("a divisor of hidden_size");
  c.head_width = config.positive_or("head_dim", c.width / c.heads);
  c.norm = {.epsilon = config.number_or("rms_norm_eps", 1e-6), .kind = kernels::NormKind::rms};
  c.activation = activation_of(config, "hidden_act", "silu");
  c.attention_dropout = dropout_of(config, "attention_dropout");
  if (const auto pad = config.find("pad_token_id"))
    if (const std::int64_t id = pad->integer(); id >= 0 && id < c.vocabulary)
      c.padding = static_cast<std::int32_t>(id);
  return c;
}

}  // namespace regard::models
