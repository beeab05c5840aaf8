#include "regard/models/native.h"

#include <array>

#include "regard/models/marian.h"

namespace regard::models {
namespace {

using Config = EncoderDecoderConfig;

// The value that a word stands for; `otherwise` where the key is missing.
template <class T, std::size_t N>
T choice(const JsonField& config, const char* key,
         const std::array<std::pair<std::string_view, T>, N>& words) {
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
  using nn::NormPosition;
  using nn::PositionType;
  constexpr auto rms = kernels::NormKind::rms;
  Config c = marian_config(config);
  c.norm_position = choice<NormPosition, 2>(config, "norm_position",
                                            {{{"post", NormPosition::post}, {"pre", NormPosition::pre}}});
  c.norm = choice<kernels::NormKind, 2>(config, "norm_type",
                                        {{{"layer", kernels::NormKind::layer}, {"rms", rms}}});
  if (c.norm == rms) c.norm_epsilon = 1e-6;
  c.feed_forward = choice<Config::FeedForward, 2>(
      config, "feed_forward",
      {{{"plain", Config::FeedForward::plain}, {"gated", Config::FeedForward::gated}}});
  c.positions = choice<PositionType, 4>(config, "position_type",
                                        {{{"sinusoidal", PositionType::sinusoidal},
                                          {"learned", PositionType::learned},
                                          {"rotary", PositionType::rotary},
                                          {"relative", PositionType::relative}}});
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
    if (c.positions == PositionType::rotary && c.width / stack->heads % 2 != 0)
      config.at("position_type").refuse("anything but rotary, because the heads' width is odd");
  }
  share(c.encoder, config, "encoder_layer_groups");
  share(c.decoder, config, "decoder_layer_groups");
  return c;
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
