#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "regard/kernels/context.h"
#include "regard/nn/attention/plan.h"
#include "regard/tensor/tensor.h"

// Keys and values of tokens already read, for decoding. They lie in blocks of 64 tokens behind a table for
// each row (a hypothesis, a text): beams are reordered by copying rows of the table, two rows share their
// blocks until one writes, and a sliding window lets blocks go. One table serves all layers. Not thread-safe.

namespace regard {

struct KeyValue {
  Tensor keys, values;  // [N,G,D], [N,G,Dv]
};

struct CacheShape {
  std::int64_t layers = 0;
  std::int64_t G = 1, D = 0, Dv = 0;
  DType dtype = DType::f32;
};

class Cache {
 public:
  Cache(const CacheShape& shape, std::int64_t rows);  // rows without tokens

  std::int64_t rows() const { return static_cast<std::int64_t>(table_.size()); }
  std::int64_t length(std::int64_t row) const { return at(row).length; }  // dropped tokens counted
  std::int64_t blocks_in_use() const;

  // Begins a step: makes room for that many new tokens in every row (or each its own number).
  void extend(const kernels::Context& context, std::int64_t tokens);
  void extend(const kernels::Context& context, std::span<const std::int64_t> tokens);

  // Of the step begun: positions [N] of the new tokens, and the plan by which they see the cache (themselves
  // included). The plan lives here, until the next call; its memory is used again.
  const std::vector<std::int32_t>& positions() const { return positions_; }
  // Without a form: key ranges where every row has few new tokens (8).
  Plan plan(const Mask& mask, std::int64_t heads = 1, std::optional<kernels::PlanForm> form = {});

  // The new tokens' keys and values of one layer, in the order of the rows.
  void append(const kernels::Context& context, std::int64_t layer, const KeyValue& tokens);
  const Tensor& keys(std::int64_t layer) const {
    return layer_[static_cast<std::size_t>(layer)].keys;
  }  // [64 P,G,D]
  const Tensor& values(std::int64_t layer) const { return layer_[static_cast<std::size_t>(layer)].values; }

  // Row r becomes what row parents[r] was; the number of rows may change.
  void reorder(std::span<const int> parents);
  // Forgets the blocks of a row that hold none of its last `keep` tokens.
  void keep_last(std::int64_t keep);

 private:
  struct Row {
    std::vector<std::int32_t> blocks;
    std::int64_t length = 0, dropped = 0,
                 fresh = 0;  // tokens; dropped is a multiple of 64; fresh: of this step
  };
  const Row& at(std::int64_t row) const { return table_[static_cast<std::size_t>(row)]; }
  std::int32_t take_block(const kernels::Context& context);
  void release(std::int32_t block);
  void grow(const kernels::Context& context);
  void own_last_block(const kernels::Context& context, Row& row);

  CacheShape shape_;
  std::vector<KeyValue> layer_;
  std::vector<Row> table_, spare_;
  std::vector<std::int32_t> uses_;  // of each block
  std::vector<std::int32_t> free_;
  std::vector<std::int32_t> positions_;
  std::vector<std::int64_t> pool_rows_;  // where each new token goes
  kernels::TilePlan plan_;
};

// One layer of a cache.
class CacheLayer {
 public:
  CacheLayer(Cache& cache, std::int64_t layer) : cache_(&cache), layer_(layer) {}
  void append(const kernels::Context& context, const KeyValue& tokens) {
    cache_->append(context, layer_, tokens);
  }
  const std::vector<std::int32_t>& positions() const { return cache_->positions(); }
  const Tensor& keys() const { return cache_->keys(layer_); }
  const Tensor& values() const { return cache_->values(layer_); }

 private:
  Cache* cache_;
  std::int64_t layer_;
};

// Keys and values of sources (of cross-attention), stored once for each source however many rows read it.
class SourceCache {
 public:
  SourceCache(std::int64_t layers, const Layout& sources, std::span<const int> row_source);

  // How the rows, `queries` new tokens each, see their sources; lives here until the next call.
  Plan plan(const Mask& mask, std::int64_t queries = 1, std::int64_t heads = 1);
  void reorder(std::span<const int> parents);

  const KeyValue& layer(std::int64_t l) const { return layer_[static_cast<std::size_t>(l)]; }
  void set(std::int64_t l, KeyValue tokens) { layer_[static_cast<std::size_t>(l)] = std::move(tokens); }
  const Layout& sources() const { return sources_; }

 private:
  std::vector<KeyValue> layer_;
  Layout sources_;
  std::vector<std::int32_t> row_source_, spare_;
  kernels::TilePlan plan_;
};

class SourceLayer {
 public:
  SourceLayer(SourceCache& cache, std::int64_t layer) : cache_(&cache), layer_(layer) {}
  bool empty() const { return !cache_->layer(layer_).keys; }
  void set(KeyValue tokens) { cache_->set(layer_, std::move(tokens)); }
  const std::vector<std::int32_t>& positions() const { return cache_->sources().positions(); }
  const Tensor& keys() const { return cache_->layer(layer_).keys; }
  const Tensor& values() const { return cache_->layer(layer_).values; }

 private:
  SourceCache* cache_;
  std::int64_t layer_;
};

}  // namespace regard
