#include "regard/models/decoder_only.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "regard/autograd/checkpointed.h"
#include "regard/autograd/ops/columns.h"
#include "regard/autograd/ops/dropout.h"
#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/ops/embedding.h"
#include "regard/autograd/probe.h"
#include "regard/base/error.h"

namespace regard::models {
namespace {

std::string joined(const std::string& prefix, const std::string& name) {
  return name.empty() ? name : prefix + name;
}

// One more than the last position.
std::int64_t reach_of(std::span<const std::int32_t> positions) {
  return positions.empty() ? 1 : std::int64_t{*std::max_element(positions.begin(), positions.end())} + 1;
}

}  // namespace

Var CausalModel::logits(const Var& hidden) const {
  return regard::soft_cap(linear(hidden, vocabulary(hidden.step())), soft_cap());
}

nn::NormShape DecoderOnly::norm_shape() const {
  nn::NormShape shape = config_.norm;
  shape.width = config_.width;
  return shape;
}

nn::MultiHeadShape DecoderOnly::heads_shape() const {
  return {.width = config_.width,
          .heads = config_.heads,
          .key_heads = config_.key_heads,
          .head_width = config_.head_width,
          .bias = config_.attention_bias,
          .output_bias = config_.output_bias,
          .layout = config_.layout,
          .fused_order = config_.fused_order,
          .head_norm = config_.norm};
}

nn::FeedForwardNames DecoderOnly::feed_forward_names(const std::string& prefix) const {
  const nn::FeedForwardNames& n = names_.feed_forward;
  return {joined(prefix, n.up), joined(prefix, n.down), joined(prefix, n.gate), joined(prefix, n.gate_up)};
}

nn::PositionShape DecoderOnly::position_shape() const {
  constexpr std::int64_t at_first = 2048;  // rotary tables grow with the texts
  nn::PositionShape shape = config_.positions;
  shape.longest = shape.type == nn::PositionType::learned ? config_.max_positions
                                                          : std::min(config_.max_positions, at_first);
  shape.width = config_.width;
  shape.heads = config_.heads;
  shape.head_width = config_.head_width;
  return shape;
}

DecoderOnly::Block::Block(nn::Parameters& p, const std::string& prefix, const DecoderOnly& m)
    : attention(p, nn::below(prefix, m.names_.attention), m.heads_shape()),
      feed_forward(p, m.feed_forward_names(prefix),
                   {.width = m.config_.width,
                    .inner = m.config_.inner,
                    .activation = m.config_.activation,
                    .bias = m.config_.feed_forward_bias,
                    .layout = m.config_.layout}) {
  const DecoderOnlyNames& names = m.names_;
  if (m.config_.sublayers == Sublayers::parallel) {
    attention_norm.emplace(p, prefix + names.attention_norm, m.norm_shape());
    feed_forward_norm.emplace(p, prefix + names.feed_forward_norm, m.norm_shape());
    return;
  }
  const nn::ResidualShape residual{m.norm_shape(), m.config_.norm_position, m.config_.dropout};
  attention_residual.emplace(p, prefix + names.attention_norm, residual);
  feed_forward_residual.emplace(p, prefix + names.feed_forward_norm, residual);
  if (!names.after_attention_norm.empty())
    after_attention.emplace(p, prefix + names.after_attention_norm, m.norm_shape());
  if (!names.after_feed_forward_norm.empty())
    after_feed_forward.emplace(p, prefix + names.after_feed_forward_norm, m.norm_shape());
}

DecoderOnly::DecoderOnly(const Parts& parts, nn::WeightSource& weights)
    : json_(parts.json),
      config_(parts.config),
      names_(parts.names),
      prefix_(parts.prefix),
      parameters_(weights) {
  if (config_.embedding_width == 0) config_.embedding_width = config_.width;
  const std::int64_t E = config_.embedding_width, C = config_.width;
  tokens_ = &parameters_.add(prefix_ + names_.tokens, {config_.vocabulary, E}, nn::normal(0.02));
  positions_.emplace(parameters_, nn::PositionNames{joined(prefix_, names_.positions), ""}, position_shape());
  if (!names_.embedding_norm.empty())
    embedding_norm_.emplace(parameters_, prefix_ + names_.embedding_norm, norm_shape());
  if (E != C) {
    project_in_.emplace(parameters_, prefix_ + names_.project_in,
                        nn::LinearShape{E, C, nn::LinearShape::Bias::without});
    project_out_.emplace(parameters_, prefix_ + names_.project_out,
                         nn::LinearShape{C, E, nn::LinearShape::Bias::without});
  }
  for (std::int64_t i = 0; i < config_.layers; ++i)
    blocks_.emplace_back(parameters_, prefix_ + names_.layers + "." + std::to_string(i) + ".", *this);
  if (config_.final_norm) final_norm_.emplace(parameters_, prefix_ + names_.final_norm, norm_shape());
  group_layers();
  if (config_.vocabulary_head) add_head(weights);
}

bool DecoderOnly::follows_longest() const {
  const RotaryScaling::Type type = config_.positions.rotary_scaling.type;
  return type == RotaryScaling::Type::dynamic || type == RotaryScaling::Type::long_rope;
}

void DecoderOnly::group_layers() {
  std::vector<std::int64_t> members;
  for (std::int64_t i = 0; i < config_.layers; ++i) {
    const std::int64_t window = config_.windows.empty() ? 0 : config_.windows[static_cast<std::size_t>(i)];
    const auto found = std::find(windows_.begin(), windows_.end(), window);
    const auto group = static_cast<std::size_t>(found - windows_.begin());
    if (found == windows_.end()) {
      windows_.push_back(window);
      members.push_back(0);
    }
    places_.push_back({group, members[group]++});
  }
}

// Tied as the configuration says; but a file that holds a projection that differs from the table means it.
void DecoderOnly::add_head(nn::WeightSource& weights) {
  const Shape shape{config_.vocabulary, config_.embedding_width};
  const nn::Init drawn = nn::normal(0.02);
  const auto differs = [&] {
    if (!weights.holds(names_.head).value_or(false)) return false;
    const Tensor own = weights.get(names_.head, shape, drawn), &table = tokens_->value();
    return std::memcmp(own.view().data, table.view().data, table.bytes()) != 0;
  };
  head_ = config_.tied && !differs() ? tokens_ : &parameters_.add(names_.head, shape, drawn);
}

Mask DecoderOnly::mask(std::size_t group) const {
  return windows_[group] == 0 ? causal() : causal() & window(windows_[group] - 1);
}

Var DecoderOnly::embed_tokens(Step& step, const Tensor& ids, std::span<const std::int32_t> positions) const {
  const Tensor place = positions_->rows(positions);
  const Var table = positions_->table(step);
  Var x = embed(ids, {.table = step.use(*tokens_),
                      .scale = config_.embedding_scale,
                      .positions = project_in_ ? Var() : table,
                      .position = place,
                      .padding = config_.padding});
  if (project_in_) {
    x = (*project_in_)(x);
    if (table) x = add(x, gather_rows(table, place));
  }
  if (embedding_norm_) x = (*embedding_norm_)(x);
  return at("embedding", dropout(x, config_.embedding_dropout));
}

Attention DecoderOnly::attention(std::int64_t layer) const {
  Attention how{.score = config_.score, .dropout = config_.attention_dropout};
  if (config_.score_by_layer) how.score.factor /= static_cast<double>(layer + 1);
  return how;
}

template <class Attend>
Var DecoderOnly::run_block(const Block& block, std::int64_t i, const Var& input, const Attend& attend) const {
  const Var x = at("input", input);
  const auto attention = [&](const Var& y) {
    const Var z = attend(block, i, y);
    return block.after_attention ? (*block.after_attention)(z) : z;
  };
  const auto feed_forward = [&](const Var& y) {
    const Var z = block.feed_forward(y);
    return block.after_feed_forward ? (*block.after_feed_forward)(z) : z;
  };
  if (config_.sublayers == Sublayers::in_turn)
    return (*block.feed_forward_residual)((*block.attention_residual)(x, attention), feed_forward);
  const Var a = attention((*block.attention_norm)(x)), f = feed_forward((*block.feed_forward_norm)(x));
  return dropout_add(f, dropout_add(a, x, config_.dropout), config_.dropout);
}

template <class Attend>
Var DecoderOnly::run(Var x, const Attend& attend) const {
  const auto finished = [this](Var y) {
    if (final_norm_) y = (*final_norm_)(y);
    return project_out_ ? (*project_out_)(y) : y;
  };
  for (std::int64_t i = 0; i < config_.layers; ++i) {
    const Scope scope(x.step(), "block", static_cast<int>(i));
    const Block& block = blocks_[static_cast<std::size_t>(i)];
    // By value: it may be called a second time for the gradient, when this frame is gone.
    x = checkpointed(x.step(), [this, &block, i, x, attend] { return run_block(block, i, x, attend); });
    offer("lens", x.step(), [&] { return finished(x); });
    if (config_.vocabulary_head) offer("logits", x.step(), [&] { return logits(finished(x)); });
  }
  return at("output", finished(at("stream", x)));
}

Var DecoderOnly::hidden(Step& step, const TokenBatch& inputs) const {
  const Scope scope(step, "decoder");
  const Layout& layout = inputs.layout;
  const std::int64_t reach = reach_of(layout.positions());
  const Rotation rotation = positions_->rotation().reaching(reach);
  const Bias bias = positions_->bias(step, reach);
  std::vector<Plan> plans;
  for (std::size_t g = 0; g < windows_.size(); ++g) plans.push_back(plan(mask(g), layout, layout));
  return run(embed_tokens(step, inputs.ids, layout.positions()),
             [this, rotation, bias, plans](const Block& block, std::int64_t i, const Var& y) {
               Attention how = attention(i);
               how.rotation = rotation;
               how.bias = bias;
               how.plan = plans[places_[static_cast<std::size_t>(i)].group];
               return block.attention(y, y, how);
             });
}

LinearWeights DecoderOnly::vocabulary(Step& step) const { return {step.use(*head_), {}}; }

// The rows so far, as their keys and values, apart for layers that see equally far.
struct DecoderOnly::State final : DecodingState {
  State(Step& step, const DecoderOnly& model, std::int64_t rows)
      : step(step), rotation(model.positions_->rotation()), fresh(static_cast<std::size_t>(rows)) {
    for (std::size_t g = 0; g < model.windows_.size(); ++g) {
      const auto layers = std::count_if(model.places_.begin(), model.places_.end(),
                                        [&](const Place& p) { return p.group == g; });
      const std::int64_t D = model.config_.head_width;
      caches.emplace_back(
          CacheShape{
              .layers = layers, .G = model.config_.key_heads, .D = D, .Dv = D, .dtype = step.compute()},
          rows);
    }
  }

  void reorder(std::span<const int> parents) override {
    for (Cache& cache : caches) cache.reorder(parents);
    fresh.resize(parents.size());
  }

  Step& step;
  Rotation rotation;
  Bias bias;  // of texts of up to `bias_reach` tokens
  std::int64_t bias_reach = 0;
  std::vector<Cache> caches;        // of each group
  std::vector<std::int64_t> fresh;  // how many tokens each row gets next
};

std::unique_ptr<DecodingState> DecoderOnly::begin(Step& step, std::int64_t rows) const {
  return std::make_unique<State>(step, *this, rows);
}

Var DecoderOnly::extend(State& state, const Tensor& ids, kernels::PlanForm form) const {
  Step& step = state.step;
  const Scope scope(step, "decoder");
  std::vector<Plan> plans;
  for (std::size_t g = 0; g < windows_.size(); ++g) {
    state.caches[g].extend(step.kernels(), state.fresh);
    plans.push_back(state.caches[g].plan(mask(g), 1, form));
  }
  const std::vector<std::int32_t>& positions = state.caches[0].positions();
  const std::int64_t reach = reach_of(positions);
  state.rotation = state.rotation.reaching(reach);
  if (reach > state.bias_reach) {
    state.bias_reach = std::max<std::int64_t>(64, 2 * reach);
    state.bias = positions_->bias(step, state.bias_reach);
  }
  const Var x =
      run(embed_tokens(step, ids, positions), [&](const Block& block, std::int64_t i, const Var& y) {
        const Place& place = places_[static_cast<std::size_t>(i)];
        Attention how = attention(i);
        how.rotation = state.rotation;
        how.bias = state.bias;
        how.plan = plans[place.group];
        return block.attention.extend(y, CacheLayer(state.caches[place.group], place.layer), how);
      });
  for (std::size_t g = 0; g < windows_.size(); ++g)
    if (windows_[g] > 0) state.caches[g].keep_last(windows_[g]);
  return x;
}

Var DecoderOnly::read(DecodingState& any, const TokenBatch& tokens) const {
  auto& state = static_cast<State&>(any);
  std::vector<std::int32_t> last, read;
  const auto& rows = tokens.layout.sequences();
  for (std::size_t r = 0; r < rows.size(); ++r) {
    state.fresh[r] = rows[r].length;
    if (rows[r].length == 0) continue;
    last.push_back(static_cast<std::int32_t>(rows[r].begin + rows[r].length - 1));
    read.push_back(static_cast<std::int32_t>(r));
  }
  const Var x = extend(state, tokens.ids, kernels::PlanForm::tiles);
  const auto count = static_cast<std::int64_t>(last.size());
  const Var ends = gather_rows(x, Tensor::from<std::int32_t>({count}, last));
  if (last.size() == rows.size()) return ends;
  Tensor all = Tensor::zeros({tokens.layout.batch(), ends.size(1)}, ends.dtype());
  const std::size_t bytes = ends.value().bytes() / std::max<std::size_t>(1, last.size());
  for (std::size_t i = 0; i < read.size(); ++i)
    std::copy_n(static_cast<const std::byte*>(ends.view().data) + i * bytes, bytes,
                static_cast<std::byte*>(all.mutable_view().data) + static_cast<std::size_t>(read[i]) * bytes);
  return state.step.constant(std::move(all));
}

Var DecoderOnly::next(DecodingState& any, std::span<const std::int32_t> ids) const {
  auto& state = static_cast<State&>(any);
  std::fill(state.fresh.begin(), state.fresh.end(), 1);
  const Tensor tokens = Tensor::from<std::int32_t>({static_cast<std::int64_t>(ids.size())}, ids);
  return logits(extend(state, tokens, kernels::PlanForm::ranges));
}

}  // namespace regard::models
