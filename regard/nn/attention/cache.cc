#include "regard/nn/attention/cache.h"

#include <algorithm>
#include <cassert>

#include "regard/kernels/attention_cache.h"

namespace regard {

using kernels::tile_side;
using kernels::tiles_of;

namespace {

void fill(const Mask& mask, kernels::TilePlan& plan) {
  const bool few = std::all_of(plan.sequences.begin(), plan.sequences.end(),
                               [](const auto& s) { return s.queries <= kernels::most_range_queries; });
  (few ? fill_ranges : fill_tiles)(mask, plan);
}

}  // namespace

Cache::Cache(const CacheShape& shape, std::int64_t rows)
    : shape_(shape), layer_(static_cast<std::size_t>(shape.layers)), table_(static_cast<std::size_t>(rows)) {}

std::int64_t Cache::blocks_in_use() const {
  return static_cast<std::int64_t>(uses_.size()) - static_cast<std::int64_t>(free_.size());
}

void Cache::grow(const kernels::Context& context) {
  const auto had = static_cast<std::int64_t>(uses_.size());
  const std::int64_t blocks = std::max<std::int64_t>({2 * had, rows(), 4});
  for (KeyValue& l : layer_) {
    Tensor keys = Tensor::empty({blocks * tile_side, shape_.G, shape_.D}, shape_.dtype, context.device);
    Tensor values = Tensor::empty({blocks * tile_side, shape_.G, shape_.Dv}, shape_.dtype, context.device);
    if (had > 0) {
      kernels::copy_tokens(context, l.keys.view(), {0, 0, had * tile_side}, keys.mutable_view());
      kernels::copy_tokens(context, l.values.view(), {0, 0, had * tile_side}, values.mutable_view());
    }
    l = {std::move(keys), std::move(values)};
  }
  uses_.resize(static_cast<std::size_t>(blocks), 0);
  for (std::int64_t b = blocks; b-- > had;) free_.push_back(static_cast<std::int32_t>(b));
}

std::int32_t Cache::take_block(const kernels::Context& context) {
  if (free_.empty()) grow(context);
  const std::int32_t block = free_.back();
  free_.pop_back();
  uses_[static_cast<std::size_t>(block)] = 1;
  return block;
}

void Cache::release(std::int32_t block) {
  if (--uses_[static_cast<std::size_t>(block)] == 0) free_.push_back(block);
}

// Copy on write: the last block of a row, when it is to be filled further and another row reads it too.
void Cache::own_last_block(const kernels::Context& context, Row& row) {
  const std::int64_t filled = (row.length - row.dropped) % tile_side;
  if (filled == 0 || uses_[static_cast<std::size_t>(row.blocks.back())] == 1) return;
  const std::int32_t from = row.blocks.back(), to = take_block(context);
  for (KeyValue& l : layer_)
    for (Tensor* x : {&l.keys, &l.values})
      kernels::copy_tokens(context, x->view(), {from * tile_side, to * tile_side, filled}, x->mutable_view());
  release(from);
  row.blocks.back() = to;
}

void Cache::extend(const kernels::Context& context, std::int64_t tokens) {
  const std::vector<std::int64_t> each(table_.size(), tokens);
  extend(context, each);
}

void Cache::extend(const kernels::Context& context, std::span<const std::int64_t> tokens) {
  assert(tokens.size() == table_.size());
  positions_.clear();
  pool_rows_.clear();
  for (std::size_t r = 0; r < table_.size(); ++r) {
    Row& row = table_[r];
    row.fresh = tokens[r];
    if (row.fresh > 0) own_last_block(context, row);
    for (std::int64_t t = 0; t < row.fresh; ++t) {
      const std::int64_t here = row.length - row.dropped;
      if (here % tile_side == 0) row.blocks.push_back(take_block(context));
      pool_rows_.push_back(row.blocks.back() * tile_side + here % tile_side);
      positions_.push_back(static_cast<std::int32_t>(row.length++));
    }
  }
}

Plan Cache::plan(const Mask& mask, std::int64_t heads, std::optional<kernels::PlanForm> form) {
  plan_.clear();
  plan_.heads = mask.by_head() ? heads : 1;
  for (const Row& row : table_) {
    kernels::AttentionSequence s;
    s.query_begin = plan_.queries;
    s.queries = row.fresh;
    s.query_past = row.length - row.fresh;
    s.keys = row.length - row.dropped;
    s.key_past = row.dropped;
    s.first_key_tile = static_cast<std::int64_t>(plan_.key_tiles.size());
    for (const std::int32_t block : row.blocks) plan_.key_tiles.push_back(block * tile_side);
    plan_.queries += row.fresh;
    plan_.sequences.push_back(s);
  }
  plan_.keys = static_cast<std::int64_t>(uses_.size()) * tile_side;
  if (form)
    (*form == kernels::PlanForm::ranges ? fill_ranges : fill_tiles)(mask, plan_);
  else
    fill(mask, plan_);
  return Plan::borrow(plan_);
}

void Cache::append(const kernels::Context& context, std::int64_t layer, const KeyValue& tokens) {
  KeyValue& l = layer_[static_cast<std::size_t>(layer)];
  if (pool_rows_.empty()) return;
  kernels::store_tokens(context, tokens.keys.view(), pool_rows_, l.keys.mutable_view());
  kernels::store_tokens(context, tokens.values.view(), pool_rows_, l.values.mutable_view());
}

void Cache::reorder(std::span<const int> parents) {
  spare_.resize(parents.size());
  for (std::size_t r = 0; r < parents.size(); ++r) {
    spare_[r] = at(parents[r]);  // copies into memory it had before
    for (const std::int32_t block : spare_[r].blocks) ++uses_[static_cast<std::size_t>(block)];
  }
  for (const Row& row : table_)
    for (const std::int32_t block : row.blocks) release(block);
  std::swap(table_, spare_);
}

void Cache::keep_last(std::int64_t keep) {
  for (Row& row : table_) {
    const std::int64_t blocks = std::max<std::int64_t>(0, row.length - keep - row.dropped) / tile_side;
    for (std::int64_t b = 0; b < blocks; ++b) release(row.blocks[static_cast<std::size_t>(b)]);
    row.blocks.erase(row.blocks.begin(), row.blocks.begin() + blocks);
    row.dropped += blocks * tile_side;
  }
}

SourceCache::SourceCache(std::int64_t layers, const Layout& sources, std::span<const int> row_source)
    : layer_(static_cast<std::size_t>(layers)),
      sources_(sources),
      row_source_(row_source.begin(), row_source.end()) {}

Plan SourceCache::plan(const Mask& mask, std::int64_t queries, std::int64_t heads) {
  plan_.clear();
  plan_.heads = mask.by_head() ? heads : 1;
  for (const std::int32_t source : row_source_) {
    const Sequence& from = sources_.sequences()[static_cast<std::size_t>(source)];
    kernels::AttentionSequence s;
    s.query_begin = plan_.queries;
    s.queries = queries;
    s.key_begin = from.begin;
    s.keys = from.length;
    s.key_past = from.past;
    plan_.queries += queries;
    plan_.sequences.push_back(s);
  }
  plan_.keys = sources_.tokens();
  fill(mask, plan_);
  return Plan::borrow(plan_);
}

void SourceCache::reorder(std::span<const int> parents) {
  spare_.resize(parents.size());
  for (std::size_t r = 0; r < parents.size(); ++r)
    spare_[r] = row_source_[static_cast<std::size_t>(parents[r])];
  std::swap(row_source_, spare_);
}

}  // namespace regard
