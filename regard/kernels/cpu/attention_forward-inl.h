// Compiled once per level by Highway: see attention.cc.
#if defined(REGARD_ATTENTION_FORWARD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef REGARD_ATTENTION_FORWARD_INL_H_
#undef REGARD_ATTENTION_FORWARD_INL_H_
#else
#define REGARD_ATTENTION_FORWARD_INL_H_
#endif

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "regard/kernels/cpu/attention_bias-inl.h"
#include "regard/kernels/cpu/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace regard::kernels::cpu::HWY_NAMESPACE::attention {

HWY_INLINE float* take(float*& memory, std::int64_t floats) {
  float* part = memory;
  memory += floats;
  return part;
}

// A tile of queries of one head, and what its sequence's keys are.
struct Queries {
  const AttentionProblem& problem;
  const AttentionSequence& sequence;
  std::int64_t example;  // the sequence's index
  std::int64_t head, key_head, tile;
  std::int64_t first, rows;  // rows first .. first + rows - 1 of [N,..]

  Rows of(const ConstView& x) const { return rows_of(x, {first, rows, head}); }
  Rows keys_of(const ConstView& x, const ScoreTile& t) const {
    return rows_of(x, {problem.plan->key_row(sequence, t.key_tile), t.keys, key_head});
  }
  Dropped place(const ScoreTile& t) const {
    return {&problem, example, head, tile * side + sequence.query_past,
            t.key_tile * side + sequence.key_past};
  }
};
HWY_INLINE Queries queries_of(const AttentionPiece& piece, std::int64_t h, std::int64_t tile) {
  const AttentionProblem& p = *piece.problem;
  const AttentionSequence& s = p.plan->sequences[static_cast<std::size_t>(piece.sequence)];
  return {p,
          s,
          piece.sequence,
          h,
          h / (p.q.shape[1] / p.k.shape[1]),
          tile,
          s.query_begin + tile * side,
          least(side, s.queries - tile * side)};
}

HWY_INLINE ScoreTile score_tile(const AttentionProblem& p, std::int32_t bits, std::int32_t multiplicity) {
  ScoreTile t;
  if (bits != TilePlan::whole) t.bits = p.plan->pattern_by_key(bits);
  if (multiplicity != 1) t.log_multiplicity = std::log(static_cast<float>(multiplicity));
  return t;
}

// s -> c tanh(s / c), in place.
HWY_INLINE void cap_scores(const ScoreTile& t, double c, float* HWY_RESTRICT scores) {
  if (c == 0) return;
  const F32 d;
  const VF cap = hn::Set(d, static_cast<float>(c)), inverse = hn::Set(d, static_cast<float>(1 / c));
  for (std::int64_t j = 0; j < t.keys; ++j)
    for (std::int64_t i = 0; i < padded(t.queries); i += lanes()) {
      float* s = scores + j * side + i;
      hn::StoreU(hn::Mul(cap, hyperbolic_tangent(hn::Mul(hn::LoadU(d, s), inverse))), d, s);
    }
}

struct Running {  // of each query of the tile: the largest score so far and sum exp(score - largest)
  float* largest;
  float* sum;
  float* shrink;  // what this tile made of older sums
};

// scores -> exp(score - largest), in place.
HWY_INLINE void softmax_step(const ScoreTile& t, float* HWY_RESTRICT scores, const Running& r) {
  const F32 d;
  const std::int64_t L = lanes(), end = padded(t.queries);
  const VF lowest = hn::Set(d, -HUGE_VALF);
  for (std::int64_t i = 0; i < end; i += L) {
    const VF old = hn::LoadU(d, r.largest + i);
    VF a = old, b = old;
    std::int64_t j = 0;
    for (; j + 2 <= t.keys; j += 2) {
      a = hn::Max(a, hn::LoadU(d, scores + j * side + i));
      b = hn::Max(b, hn::LoadU(d, scores + (j + 1) * side + i));
    }
    if (j < t.keys) a = hn::Max(a, hn::LoadU(d, scores + j * side + i));
    a = hn::Max(a, b);
    const VF base = hn::IfThenZeroElse(hn::Eq(a, lowest), a);  // nothing seen yet: no infinity - infinity
    VF sum = hn::Zero(d);
    for (j = 0; j < t.keys; ++j) {
      const VF e = exp_of(hn::Sub(hn::LoadU(d, scores + j * side + i), base));
      sum = hn::Add(sum, e);
      hn::StoreU(e, d, scores + j * side + i);
    }
    const VF shrink = exp_of(hn::Sub(old, base));
    hn::StoreU(shrink, d, r.shrink + i);
    hn::StoreU(hn::MulAdd(hn::LoadU(d, r.sum + i), shrink, sum), d, r.sum + i);
    hn::StoreU(a, d, r.largest + i);
  }
}

HWY_INLINE void multiply_tile(const ScoreTile& t, const float* HWY_RESTRICT by, float* HWY_RESTRICT x) {
  const F32 d;
  for (std::int64_t j = 0; j < t.keys; ++j)
    for (std::int64_t i = 0; i < padded(t.queries); i += lanes())
      hn::StoreU(hn::Mul(hn::LoadU(d, x + j * side + i), hn::LoadU(d, by + j * side + i)), d,
                 x + j * side + i);
}

struct RowSums {  // [row][..]
  const float* data;
  std::int64_t stride;
};

HWY_INLINE void finish_rows(const AttentionResult& r, const Queries& at, const Running& running,
                            const RowSums& sum) {
  for (std::int64_t i = 0; i < at.rows; ++i) {
    const std::int64_t n = at.first + i;
    const float total = running.sum[i], inverse = total == 0.0f ? 0.0f : 1.0f / total;
    put_row(r.out, {n, at.head}, sum.data + i * sum.stride, inverse);
    if (r.log_sum)
      static_cast<float*>(r.log_sum.data)[n * r.log_sum.strides[0] + at.head * r.log_sum.strides[1]] =
          total == 0.0f ? std::numeric_limits<float>::infinity() : running.largest[i] + std::log(total);
  }
}

// `Products` are the products of the pass, by vectors in f32 or on tiles in bf16:
//
//   Products(piece, queries, memory)
//   void scores(t, to)                   // [key][query], scaled
//   void add_values(t, weights, shrink)  // sums = shrink sums + weights^T v
//   RowSums sums()                       // [query][Dv]
template <class Products>
void forward(const AttentionPiece& piece, const AttentionResult& result) {
  const AttentionProblem& p = *piece.problem;
  const Queries at = queries_of(piece, piece.head, piece.tile);
  const AttentionSequence& s = at.sequence;
  const bool drops = p.dropout.keep_of_256 != 256;

  auto* memory = static_cast<float*>(piece.scratch);
  Products products(piece, at, memory);
  float* scores = take(memory, side * side);
  float* factors = take(memory, side * side);
  const Running running{take(memory, side), take(memory, side), take(memory, side)};
  fill(running.largest, running.largest + side, -std::numeric_limits<float>::infinity());
  fill(running.sum, running.sum + side, 0.0f);

  for (const TileRun& run : p.plan->runs_of(at.head, s.first_row + at.tile)) {
    ScoreTile t = score_tile(p, run.bits, run.multiplicity);
    for (std::int64_t c = run.first; c < run.first + run.count; ++c) {
      t.queries = at.rows;
      t.keys = least(side, s.keys - c * side);
      t.key_tile = c;
      products.scores(t, scores);
      cap_scores(t, p.soft_cap, scores);
      add_bias(at.place(t), t, scores);
      hide(t, scores);
      softmax_step(t, scores, running);
      if (drops) {
        fill_dropout(at.place(t), t, factors);
        multiply_tile(t, factors, scores);
      }
      products.add_values(t, scores, running.shrink);
    }
  }
  finish_rows(result, at, running, products.sums());
}

}  // namespace regard::kernels::cpu::HWY_NAMESPACE::attention
HWY_AFTER_NAMESPACE();

#endif
