#include "regard/models/native.h"

#include <array>

#include "regard/models/marian.h"

namespace regard::models {
namespace {

using Config = EncoderDecoderConfig;

// Words of the configuration and what they stand for; the first where the key is missing.
template <class T, std::size_t N>
using Words = std::array<std::pair<std::string_view, T>, N>;

constexpr Words<nn::NormPosition, 2> norm_positions{
    {{"post", nn::NormPosition::post}, {"pre", nn::NormPosition::pre}}};
constexpr Words<kernels::NormKind, 2> norm_types{
    {{"layer", kernels::NormKind::layer}, {"rms", kernels::NormKind::rms}}};
constexpr Words<Config::FeedForward, 2> feed_forwards{
    {{"plain", Config::FeedForward::plain}, {"gated", Config::FeedForward::gated}}};
constexpr Words<nn::PositionType, 4> position_types{{{"sinusoidal", nn::PositionType::sinusoidal},
                                                     {"learned", nn::PositionType::learned},
                                                     {"rotary", nn::PositionType::rotary},
                                                     {"relative", nn::PositionType::relative}}};

template <class T, std::size_t N>
std::string_view word(const T& value, const Words<T, N>& words) {
  std::size_t i = 0;
  while (words[i].second != value) ++i;
  return words[i].first;
}

template <class T, std::size_t N>
T choice(const JsonField& config, const char* key, const Words<T, N>& words) {
  const auto field = config.find(key);
  if (!field) return words[0].second;
  std::string expected;
  for (std::size_t i = 0; i < N; ++i) {
    if (field->value().is_string() && field->text() == words[i].first) return words[i].second;
    expected += (i == 0 ? "" : i + 1 == N ? " or " : ", ") + std::string(words[i].first);
  }
  field->refuse(expected);
}

void share(Config::Stack& stack, const JsonField& config, const std::string& key) {
  if (const auto field = config.find(key)) stack.groups = field->integer_within(1, stack.layers);
}

void group_heads(Config::Stack& stack, const JsonField& config) {
  const auto field = config.find("num_key_value_heads");
  if (!field) return;
  stack.key_heads = field->positive();
  if (stack.heads % stack.key_heads != 0)
    field->refuse("a divisor of encoder_attention_heads and decoder_attention_heads");
}

}  // namespace

Config native_config(const JsonField& config) {
  Config c = marian_config(config);
  c.norm_position = choice(config, "norm_position", norm_positions);
  c.norm = choice(config, "norm_type", norm_types);
  if (c.norm == kernels::NormKind::rms) c.norm_epsilon = 1e-6;
  c.feed_forward = choice(config, "feed_forward", feed_forwards);
  c.positions = choice(config, "position_type", position_types);
  c.rotary_theta = config.number_or("rope_theta", c.rotary_theta);
  if (!(c.rotary_theta > 0)) config.at("rope_theta").refuse("a number above 0");
  c.relative_buckets = config.positive_or("relative_attention_num_buckets", c.relative_buckets);
  if (c.relative_buckets % 4 != 0 || c.relative_buckets > 4096)
    config.at("relative_attention_num_buckets").refuse("a multiple of 4, at most 4096");
  c.relative_farthest = config.positive_or("relative_attention_max_distance", c.relative_farthest);
  if (2 * c.relative_farthest <= c.relative_buckets)
    config.at("relative_attention_max_distance").refuse("more than half of relative_attention_num_buckets");
  for (Config::Stack* stack : {&c.encoder, &c.decoder}) {
    group_heads(*stack, config);
    if (c.positions == nn::PositionType::rotary && c.width / stack->heads % 2 != 0)
      config.at("position_type").refuse("anything but rotary, because the heads' width is odd");
  }
  share(c.encoder, config, "encoder_layer_groups");
  share(c.decoder, config, "decoder_layer_groups");
  return c;
}

Json shape_of(const Config& c) {
  Json shape{{"norm_position", word(c.norm_position, norm_positions)},
             {"norm_type", word(c.norm, norm_types)},
             {"feed_forward", word(c.feed_forward, feed_forwards)},
             {"position_type", word(c.positions, position_types)},
             {"encoder_layer_groups", c.encoder.groups},
             {"decoder_layer_groups", c.decoder.groups}};
  if (c.positions == nn::PositionType::rotary) shape["rope_theta"] = c.rotary_theta;
  if (c.positions == nn::PositionType::relative) {
    shape["relative_attention_num_buckets"] = c.relative_buckets;
    shape["relative_attention_max_distance"] = c.relative_farthest;
  }
  if (c.encoder.key_heads == c.decoder.key_heads) shape["num_key_value_heads"] = c.encoder.key_heads;
  return shape;
}

const std::vector<std::string_view>& shape_keys() {
  static const std::vector<std::string_view> keys{"norm_position",
                                                  "norm_type",
                                                  "feed_forward",
                                                  "position_type",
                                                  "rope_theta",
                                                  "relative_attention_num_buckets",
                                                  "relative_attention_max_distance",
                                                  "num_key_value_heads",
                                                  "encoder_layer_groups",
                                                  "decoder_layer_groups"};
  return keys;
}

}  // namespace regard::models
