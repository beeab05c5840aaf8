#include "regard/models/text_encoder_model.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/autograd/checkpointed.h"
#include "regard/autograd/ops/dropout.h"
#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/ops/embedding.h"
#include "regard/autograd/probe.h"
#include "regard/base/error.h"

namespace regard::models {
namespace {

nn::NormShape norm_shape(const TextEncoderConfig& config) { return {config.width, config.norm_epsilon}; }

}  // namespace

TextEncoderModel::Block::Block(nn::Parameters& p, const std::string& prefix, const TextEncoderConfig& config,
                               const TextEncoderNames& names)
    : attention(p, below(prefix, names.attention), {.width = config.width, .heads = config.heads}),
      attention_residual(p, prefix + names.attention_norm,
                         {norm_shape(config), nn::NormPosition::post, config.attention_output_dropout}),
      feed_forward(p, {prefix + names.feed_forward.up, prefix + names.feed_forward.down, ""},
                   {.width = config.width, .inner = config.inner, .activation = config.activation}),
      feed_forward_residual(p, prefix + names.feed_forward_norm,
                            {norm_shape(config), nn::NormPosition::post, config.dropout}) {
  const nn::LinearShape square{config.width, config.width};
  by_query = config.content_of_query;
  by_key = config.content_of_key;
  if (by_key && !config.content_shared) distance_queries.emplace(p, prefix + names.content_query, square);
  if (by_query && !config.content_shared) distance_keys.emplace(p, prefix + names.content_key, square);
  if (names.global_attention.query.empty()) return;
  const nn::MultiHeadNames below_prefix = below(prefix, names.global_attention);
  global.emplace(GlobalProjections{
      {p, below_prefix.query, square}, {p, below_prefix.key, square}, {p, below_prefix.value, square}});
}

Var TextEncoderModel::Block::attend_by_content(const Var& x, std::int64_t layer,
                                               const EncoderAttention& how) const {
  const Var q = attention.queries(x);
  const auto [k, v] = attention.keys_values(x);
  const std::int64_t heads = q.size(1);
  EncoderAttention::Heads distances;
  if (by_key)
    distances.queries = distance_queries ? split_heads((*distance_queries)(how.distances()), heads)
                                         : attention.queries(how.distances());
  if (by_query)
    distances.keys = distance_keys ? split_heads((*distance_keys)(how.distances()), heads)
                                   : attention.keys_values(how.distances()).keys;
  return attention.output(regard::attend(q, k, v, how.layer(layer, {q, k}, distances)));
}

Var TextEncoderModel::Block::attend(const Var& x, std::int64_t layer, const EncoderAttention& how) const {
  if (how.distances()) return attend_by_content(x, layer, how);
  if (!global || !how.global_rows()) return attention(x, x, how.layer(layer));
  const Var q = attention.queries(x);
  const auto [k, v] = attention.keys_values(x);
  const Var usual = merge_heads(regard::attend(q, k, v, how.layer(layer)));
  const Scope scope(x.step(), "global");
  const std::int64_t heads = q.size(1);
  const Var of_global = merge_heads(
      regard::attend(split_heads(global->query(gather_rows(x, how.global_rows())), heads),
                     split_heads(global->key(x), heads), split_heads(global->value(x), heads), how.global()));
  return attention.output(split_heads(how.merged(usual, of_global), heads));
}

TextEncoderModel::TextEncoderModel(const Json& json, const TextEncoderConfig& config,
                                   const TextEncoderNames& names, nn::WeightSource& weights)
    : json_(json), config_(config), names_(names), parameters_(weights) {
  const std::string prefix = config.head.kind == HeadKind::none ? "" : names.prefix;
  add_embeddings(prefix);
  for (std::int64_t b = 0; b < config.block_count(); ++b)
    blocks_.emplace_back(parameters_, prefix + names.block(b, config.run), config_, names_);
  if (config.convolution > 0)
    convolution_.emplace(parameters_, prefix + names.convolution, prefix + names.convolution_norm, config_);
  head_.emplace(parameters_, config_, names_, *words_);
}

void TextEncoderModel::add_embeddings(const std::string& prefix) {
  const std::int64_t E = config_.embedding_width;
  const nn::Init drawn = nn::normal(0.02);  // BERT's initializer_range
  words_ = &parameters_.add(prefix + names_.words, {config_.vocabulary, E}, drawn);
  if (config_.position_rows > 0) {
    const bool sines = config_.position_table == TextEncoderConfig::PositionTable::sinusoidal;
    const std::string name = prefix + names_.positions;
    position_table_ = &parameters_.add(name, {config_.position_rows, E}, drawn,
                                       sines ? Parameter::Role::constant : Parameter::Role::trained);
    if (sines && !parameters_.stored(name))
      parameters_.find(name)->set(
          sinusoidal_positions(config_.position_rows, E, SinusoidalForm::interleaved).to(DType::f32));
  }
  if (config_.types > 0) types_ = &parameters_.add(prefix + names_.types, {config_.types, E}, drawn);
  embedding_norm_.emplace(parameters_, prefix + names_.embedding_norm,
                          nn::NormShape{E, config_.norm_epsilon});
  if (E != config_.width || config_.projected == TextEncoderConfig::Projected::always)
    embedding_projection_.emplace(parameters_, prefix + names_.embedding_projection,
                                  nn::LinearShape{E, config_.width});
  if (config_.content_rows > 0) {
    distances_ = &parameters_.add(prefix + names_.content, {config_.content_rows, config_.width}, drawn);
    if (config_.content_normalized)
      distance_norm_.emplace(parameters_, prefix + names_.content_norm,
                             nn::NormShape{config_.width, config_.norm_epsilon});
  }
  if (config_.relative_buckets > 0)
    relative_.emplace(parameters_, nn::PositionNames{"", prefix + names_.relative_bias},
                      nn::PositionShape{.type = nn::PositionType::relative,
                                        .width = config_.width,
                                        .heads = config_.heads,
                                        .buckets = {.buckets = config_.relative_buckets,
                                                    .farthest = config_.relative_farthest}});
}

std::int64_t TextEncoderModel::max_positions() const {
  if (config_.position_rows == 0) return config_.max_positions;
  return config_.position_rows - (config_.position_padding ? *config_.position_padding + 1 : 0);
}

std::vector<std::int32_t> TextEncoderModel::positions(const TokenBatch& tokens) const {
  if (!config_.position_padding) return tokens.layout.positions();
  const auto ids = tokens.ids.host<std::int32_t>();
  std::vector<std::int32_t> at(ids.size());
  for (const Sequence& s : tokens.layout.sequences()) {
    std::int32_t last = *config_.position_padding;
    for (std::int64_t n = s.begin; n < s.begin + s.length; ++n) {
      const auto i = static_cast<std::size_t>(n);
      at[i] = ids[i] == *config_.position_padding ? *config_.position_padding : ++last;
    }
  }
  return at;
}

// i32 [N]: 0 up to each text's first separator (the first token where there is none), then 1.
Tensor TextEncoderModel::behind_question(const TokenBatch& tokens) const {
  const auto ids = tokens.ids.host<std::int32_t>();
  std::vector<std::int32_t> types(ids.size(), 1);
  for (const Sequence& s : tokens.layout.sequences()) {
    const auto begin = ids.begin() + s.begin, end = begin + s.length;
    const auto separator = std::find(begin, end, config_.separator);
    const auto last = separator == end ? begin : separator;
    std::fill(types.begin() + s.begin, types.begin() + s.begin + (last - begin) + 1, 0);
  }
  return Tensor::from<std::int32_t>({static_cast<std::int64_t>(types.size())}, types);
}

Tensor TextEncoderModel::outside_spans(const TokenBatch& tokens) const {
  if (!config_.question_apart) return {};
  const auto types = behind_question(tokens).to_doubles();
  std::vector<double> outside;
  for (const double type : types) outside.push_back(1 - type);
  for (const Sequence& s : tokens.layout.sequences())
    if (s.length > 0) outside[static_cast<std::size_t>(s.begin)] = 0;
  return Tensor::from<double>({static_cast<std::int64_t>(outside.size())}, outside);
}

Var TextEncoderModel::distances(Step& step) const {
  if (distances_ == nullptr) return {};
  const Var rows = step.use(*distances_);
  return dropout(distance_norm_ ? (*distance_norm_)(rows) : rows, config_.dropout);
}

Var TextEncoderModel::embeddings(Step& step, const EncoderInputs& inputs) const {
  const TokenBatch& tokens = *inputs.tokens;
  Embedding how{.table = step.use(*words_), .scale = config_.embedding_scale, .padding = config_.padding};
  if (position_table_ != nullptr) {
    how.positions = step.use(*position_table_);
    how.position = Tensor::from<std::int32_t>({tokens.ids.elements()}, positions(tokens));
  }
  Var x = embed(tokens.ids, how);
  const Tensor types = inputs.types || !config_.question_apart ? inputs.types : behind_question(tokens);
  if (types_ != nullptr && types) {
    for (const std::int32_t type : types.host<std::int32_t>())
      if (type < 0 || type >= config_.types)
        throw InputError(fmt::format("token type: found {}, expected 0 to {}", type, config_.types - 1));
    x = add(x, gather_rows(step.use(*types_), types));
  } else if (types_ != nullptr) {
    const Var first =
        gather_rows(step.use(*types_), Tensor::from<std::int32_t>({1}, std::vector<std::int32_t>{0}));
    x = add_rows(x, reshape(first, {config_.embedding_width}));
  }
  x = dropout((*embedding_norm_)(x), config_.dropout);
  return at("embedding", embedding_projection_ ? (*embedding_projection_)(x) : x);
}

Var TextEncoderModel::hidden(Step& step, const EncoderInputs& inputs) const {
  const Scope scope(step, "encoder");
  Var x = embeddings(step, inputs);
  const Var first = x;
  EncoderTerms terms{.distances = distances(step)};
  if (relative_) terms.bias = relative_->bias(step, inputs.tokens->layout.longest());
  const auto how = std::make_shared<const EncoderAttention>(config_, inputs, std::move(terms));
  for (std::int64_t i = 0; i < config_.layers; ++i) {
    const Scope block_scope(step, "block", static_cast<int>(i));
    const Block& block = blocks_[static_cast<std::size_t>(config_.block_of(i))];
    // By value: it may be called a second time for the gradient, when this frame is gone.
    x = checkpointed(step, [&block, i, x, how] {
      const Var h =
          block.attention_residual(at("input", x), [&](const Var& y) { return block.attend(y, i, *how); });
      return block.feed_forward_residual(h, block.feed_forward);
    });
    if (i == 0 && convolution_) x = (*convolution_)(first, x, inputs.tokens->layout);
    offer("lens", step, [&] { return x; });
    if (head() != HeadKind::none)
      offer("logits", step, [&] {
        const Projected end = project(x, inputs.tokens->layout);
        return linear(end.features, end.projection);
      });
  }
  return at("output", at("stream", x));
}

}  // namespace regard::models
