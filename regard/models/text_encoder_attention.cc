#include "regard/models/text_encoder_attention.h"

#include <algorithm>
#include <cmath>

#include "regard/autograd/ops/elementwise.h"
#include "regard/nn/attention/sparse_rules.h"

namespace regard::models {
namespace {

using Pattern = TextEncoderConfig::Pattern;

// Zaheer et al. 2020 as transformers computes it when it does not train: the first and the last block see all
// and are seen by all, the others see their neighbors, and where the paper has random blocks there stands the
// first block, again and again.
Plan block_plan(const TextEncoderConfig& config, const Layout& layout, std::int64_t padded) {
  const std::int64_t last = (padded + config.block - 1) / config.block - 1;
  const Mask mask = blocks(config.block, window(1) | regard::global({0, last}));
  const Mask first = blocks(config.block, only_keys({0}) & !only_queries({0, last}));
  return plan_with_repeats(mask, {first, static_cast<std::int32_t>(1 + config.random_blocks)}, layout);
}

std::int64_t columns(const EncoderInputs& inputs) {
  return std::max(inputs.padded, inputs.tokens->layout.longest());
}

}  // namespace

std::vector<std::vector<std::int64_t>> default_globals(const TextEncoderConfig& config,
                                                       const TokenBatch& tokens) {
  std::vector<std::vector<std::int64_t>> globals;
  const auto ids = tokens.ids.host<std::int32_t>();
  for (const Sequence& s : tokens.layout.sequences()) {
    auto& here = globals.emplace_back();
    if (config.head.kind == HeadKind::sequence) here.push_back(0);
    const bool of_question = config.head.kind == HeadKind::span;
    if (!of_question && config.head.kind != HeadKind::choices) continue;
    const auto begin = ids.begin() + s.begin;
    const std::int64_t question = std::find(begin, begin + s.length, config.separator) - begin;
    const std::int64_t last = of_question ? question : s.length;
    for (std::int64_t i = of_question ? 0 : question + 2; i < last; ++i) here.push_back(i);
  }
  return globals;
}

EncoderAttention::EncoderAttention(const TextEncoderConfig& config, const EncoderInputs& inputs,
                                   EncoderTerms terms)
    : config_(config), distances_(std::move(terms.distances)) {
  const Layout& layout = inputs.tokens->layout;
  Attention how{.bias = std::move(terms.bias), .dropout = config.attention_dropout};
  if (distances_) {
    const std::int64_t longest = layout.longest();
    content_.buckets = content_buckets(longest, {config.content_rows, config.content_farthest});
    content_.zero = longest - 1;
    const int parts = 1 + (config.content_of_query ? 1 : 0) + (config.content_of_key ? 1 : 0);
    how.score.factor = 1 / std::sqrt(static_cast<double>(parts));
  }
  if (config.pattern == Pattern::windows) find_globals(inputs);
  for (std::int64_t i = 0; i < config.layers; ++i) {
    if (by_window_.contains(window(i))) continue;
    const bool sparse =
        config.pattern == Pattern::blocks && columns(inputs) > (5 + 2 * config.random_blocks) * config.block;
    how.plan = sparse ? block_plan(config, layout, columns(inputs)) : plan(near(window(i)), layout, layout);
    by_window_[window(i)] = how;
  }
}

Attention EncoderAttention::layer(std::int64_t i, const Heads& tokens, const Heads& distances) const {
  Attention how = layer(i);
  how.content = content_;
  const double factor = how.score.factor / std::sqrt(static_cast<double>(tokens.queries.size(2)));
  if (distances.keys) how.content.of_query = head_products(tokens.queries, distances.keys, factor);
  if (distances.queries) how.content.of_key = head_products(tokens.keys, distances.queries, factor);
  return how;
}

std::int64_t EncoderAttention::window(std::int64_t layer) const {
  return config_.pattern == Pattern::windows ? config_.windows[static_cast<std::size_t>(layer)] : 0;
}

Mask EncoderAttention::near(std::int64_t window) const {
  if (config_.pattern != Pattern::windows) return everything();
  const Mask band = regard::window(window / 2);
  return global_rows_ ? band | shared_keys(globals_) : band;
}

void EncoderAttention::find_globals(const EncoderInputs& inputs) {
  const Layout& layout = inputs.tokens->layout;
  globals_ = default_globals(config_, *inputs.tokens);
  std::vector<std::int32_t> rows, place(static_cast<std::size_t>(layout.tokens()), -1);
  std::vector<std::int64_t> lengths;
  for (std::size_t b = 0; b < globals_.size(); ++b) {
    const Sequence& s = layout.sequences()[b];
    if (inputs.global) {
      globals_[b].clear();
      for (std::int64_t i = 0; i < s.length; ++i)
        if (inputs.global.host<std::int32_t>()[static_cast<std::size_t>(s.begin + i)] > 0)
          globals_[b].push_back(i);
    }
    for (const std::int64_t i : globals_[b]) {
      place[static_cast<std::size_t>(s.begin + i)] = static_cast<std::int32_t>(rows.size());
      rows.push_back(static_cast<std::int32_t>(s.begin + i));
    }
    lengths.push_back(static_cast<std::int64_t>(globals_[b].size()));
  }
  if (rows.empty()) return;
  global_rows_ = Tensor::from<std::int32_t>({static_cast<std::int64_t>(rows.size())}, rows);
  place_ = Tensor::from<std::int32_t>({layout.tokens()}, place);
  global_ = {.plan = plan(everything(), Layout::of(lengths), layout), .dropout = config_.attention_dropout};
}

Var EncoderAttention::merged(const Var& usual, const Var& of_global) const {
  Step& step = usual.step();
  const std::int64_t N = usual.size(0), C = usual.size(1);
  std::vector<double> keep, take;
  std::vector<std::int32_t> from;
  for (const std::int32_t p : place_.host<std::int32_t>()) {
    keep.insert(keep.end(), static_cast<std::size_t>(C), p < 0 ? 1.0 : 0.0);
    take.insert(take.end(), static_cast<std::size_t>(C), p < 0 ? 0.0 : 1.0);
    from.push_back(std::max(p, 0));
  }
  const Var there = gather_rows(of_global, Tensor::from<std::int32_t>({N}, from));
  return add(multiply(usual, step.constant(Tensor::from<double>({N, C}, keep))),
             multiply(there, step.constant(Tensor::from<double>({N, C}, take))));
}

}  // namespace regard::models
