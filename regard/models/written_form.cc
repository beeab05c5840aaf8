#include "regard/models/written_form.h"

#include <fmt/format.h>

#include <cassert>
#include <optional>

#include "regard/base/error.h"
#include "regard/models/encoder_decoder_families.h"
#include "regard/models/native.h"
#include "regard/models/registry.h"

namespace regard::models {
namespace {

constexpr std::string_view native = "regard";

// Why a family of transformers cannot hold a shape: the key that says so, and what the family has there.
struct Obstacle {
  std::string key, instead;
};

std::optional<Obstacle> obstacle(const EncoderDecoderConfig& c, std::string_view family) {
  const bool marian = family == "marian";
  const auto position = marian ? nn::NormPosition::post : nn::NormPosition::pre;
  if (c.norm_position != position)
    return Obstacle{"norm_position", marian ? "norm_position=post (pegasus has pre)" : "norm_position=pre"};
  if (c.norm != kernels::NormKind::layer) return Obstacle{"norm_type", "norm_type=layer"};
  if (c.feed_forward != EncoderDecoderConfig::FeedForward::plain)
    return Obstacle{"feed_forward", "feed_forward=plain"};
  if (c.positions != nn::PositionType::sinusoidal)
    return Obstacle{"position_type", "position_type=sinusoidal"};
  if (!marian && c.embeddings == EncoderDecoderConfig::Embeddings::separate)
    return Obstacle{"share_encoder_decoder_embeddings", "one vocabulary for both sides (joint_vocab=true)"};
  return std::nullopt;
}

bool repeats(const EncoderDecoderConfig& c) {
  for (const auto* stack : {&c.encoder, &c.decoder})
    if (stack->groups < stack->layers || stack->key_heads < stack->heads) return true;
  return false;
}

void erase_keys(Json& config, const std::vector<std::string_view>& keys) {
  for (const std::string_view key : keys) config.erase(std::string(key));
}

// A configuration as that family writes it: without the keys it does not have.
Json of_family(Json config, const EncoderDecoderFamily& family) {
  config["model_type"] = family.type;
  config["architectures"] = Json::array({family.architecture});
  if (family.type == native) return config;
  erase_keys(config, shape_keys());
  if (family.type != "marian") erase_keys(config, {"decoder_vocab_size", "share_encoder_decoder_embeddings"});
  return config;
}

// A model's weights under the names and in the shapes of one in which nothing is shared.
class RepeatedWeights final : public nn::WeightSource {
 public:
  explicit RepeatedWeights(const SequenceToSequence& model) : parameters_(model.parameters()) {
    const JsonField config(model.config(), "config");
    const EncoderDecoderFamily& family = encoder_decoder_family_of(config);
    const EncoderDecoderConfig c = family.read(config);
    add(c, family.names().encoder, c.encoder);
    add(c, family.names().decoder, c.decoder);
  }

  Tensor get(const std::string& name, const Shape& shape, const nn::Init&) override {
    std::string source = name;
    std::int64_t head_width = 1;
    for (const Layer& layer : layers_) {
      if (!name.starts_with(layer.to)) continue;
      source = layer.from + name.substr(layer.to.size());
      head_width = layer.head_width;
    }
    const Parameter* p = parameters_.find(source);
    assert(p != nullptr);
    return p->shape() == shape ? p->value().clone() : repeated(p->value(), shape, head_width);
  }

 private:
  struct Layer {
    std::string to, from;  // prefixes
    std::int64_t head_width;
  };

  void add(const EncoderDecoderConfig& c, const StackNames& names, const EncoderDecoderConfig::Stack& stack) {
    for (std::int64_t i = 0; i < stack.layers; ++i)
      layers_.push_back({names.layer(i), names.layer(stack.group(i)), c.width / stack.heads});
  }

  // The rows of a key/value head once for each head that reads it.
  static Tensor repeated(const Tensor& x, const Shape& shape, std::int64_t head_width) {
    const std::int64_t copies = shape[0] / x.size(0);
    std::vector<std::int32_t> rows;
    for (std::int64_t r = 0; r < shape[0]; ++r) {
      const std::int64_t head = r / head_width / copies;
      rows.push_back(static_cast<std::int32_t>(head * head_width + r % head_width));
    }
    const auto width = static_cast<std::size_t>(x.elements() / x.size(0));
    const Tensor single = x.to(DType::f32);
    const auto from = single.host<float>();
    std::vector<float> values;
    values.reserve(rows.size() * width);
    for (const std::int32_t row : rows) {
      const auto begin = from.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(row) * width);
      values.insert(values.end(), begin, begin + static_cast<std::ptrdiff_t>(width));
    }
    return Tensor::from<float>(shape, values);
  }

  const nn::Parameters& parameters_;
  std::vector<Layer> layers_;
};

}  // namespace

bool has_open_shape(std::string_view family) {
  return family == "marian" || family == "pegasus" || family == native;
}

TrainedForm trained_form(const Json& config, const std::string& file) {
  Json full = config;
  const JsonField given(config, file);
  const std::string wanted = given.text_or("model_type", "");
  if (wanted == "pegasus" && !given.has("norm_position")) full["norm_position"] = "pre";
  const EncoderDecoderConfig shape = native_config(JsonField(full, file));
  const bool pre = shape.norm_position == nn::NormPosition::pre;
  const EncoderDecoderFamily* family =
      encoder_decoder_family(wanted.empty() ? (pre ? "pegasus" : "marian") : wanted);
  if (family == nullptr || !has_open_shape(family->type))
    given.at("model_type").refuse("marian, pegasus or regard");
  TrainedForm form{full, std::string(family->type)};
  if (family->type != native) {
    if (const auto problem = obstacle(shape, family->type))
      throw UsageError(fmt::format(
          "{}: found {}, but checkpoints of transformers' {} have {}; model_type=regard writes this shape in "
          "Regard's own form",
          problem->key, full.contains(problem->key) ? to_line(full[problem->key]) : "nothing", family->type,
          problem->instead));
    if (repeats(shape)) family = encoder_decoder_family(native);
  }
  form.config = of_family(std::move(full), *family);
  return form;
}

std::string architecture_of(std::string_view family) {
  return std::string(encoder_decoder_family(family)->architecture);
}

Json open_config(const Json& config, const std::string& file) {
  const EncoderDecoderFamily& family = encoder_decoder_family_of(JsonField(config, file));
  if (family.type == native || !has_open_shape(family.type)) return config;
  Json open = config;
  open["norm_position"] =
      family.read(JsonField(config, file)).norm_position == nn::NormPosition::pre ? "pre" : "post";
  open.erase("model_type");
  open.erase("architectures");
  return open;
}

std::unique_ptr<SequenceToSequence> converted(const SequenceToSequence& model, std::string_view family) {
  const EncoderDecoderFamily* to = encoder_decoder_family(family);
  assert(to != nullptr);
  RepeatedWeights weights(model);
  return as_kind<SequenceToSequence>(make(of_family(model.config(), *to), "config", weights), "config");
}

}  // namespace regard::models
