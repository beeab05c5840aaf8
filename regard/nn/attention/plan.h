#pragma once

#include <memory>
#include <span>

#include "regard/kernels/tile_plan.h"
#include "regard/nn/attention/mask.h"
#include "regard/tensor/layout.h"

namespace regard {

// Which scores attention computes for one batch, made once per forward pass and shared by its layers: a
// handle to plain data that does not change. Thread-safe.
class Plan {
 public:
  Plan() = default;
  explicit Plan(kernels::TilePlan tiles);
  // A plan that lives elsewhere and is used again and again (decoding); it must outlive its use and has no
  // gradient.
  static Plan borrow(const kernels::TilePlan& tiles);

  explicit operator bool() const { return tiles_ != nullptr; }
  const kernels::TilePlan& tiles() const { return *tiles_; }
  const kernels::TileColumns& columns() const;  // built when first asked for

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
  const kernels::TilePlan* tiles_ = nullptr;
};

// What the sequences of queries attend to: layouts of as many sequences, or `source` naming for each of the
// queries' sequences one of the keys' (several beams that read one sentence; has no gradient).
struct PlanOptions {
  std::int64_t heads = 1;  // H; asked for masks that depend on the head
  std::span<const std::int32_t> source;
};

// Costs O(tiles visited) where the mask's rules know their reach, else O(T S / 4096) questions, and O(T S)
// for a bare predicate.
Plan plan(const Mask& mask, const Layout& queries, const Layout& keys, const PlanOptions& options = {});

// The two forms, for a plan whose sequences, queries, keys and heads are set and which is otherwise clear.
// The key-range form is for at most 8 queries a sequence (decoding), whose rows follow one another in the
// order of the sequences; it builds no bits, and nothing is allocated once the plan's vectors have been as
// large.
void fill_tiles(const Mask& mask, kernels::TilePlan& plan);
void fill_ranges(const Mask& mask, kernels::TilePlan& plan);

// The sequences of a plan, from layouts.
std::vector<kernels::AttentionSequence> attention_sequences(const Layout& queries, const Layout& keys,
                                                            std::span<const std::int32_t> source);

}  // namespace regard
