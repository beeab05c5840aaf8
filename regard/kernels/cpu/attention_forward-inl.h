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

std::int64_t scratch(const AttentionProblem& p) {  // bytes: of the backward pass, which needs most
  const std::int64_t D = p.q.size(2), Dv = p.v.size(2), wide = padded(D) + padded(Dv);
  return side * (D + Dv + 4 * side + 4 * wide + 4) * static_cast<std::int64_t>(sizeof(float));
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

HWY_INLINE Dropped dropped(const AttentionPiece& piece, std::int64_t h, std::int64_t query_tile,
                           std::int64_t key_tile) {
  const AttentionSequence& s = piece.problem->plan->sequences[static_cast<std::size_t>(piece.sequence)];
  return {piece.problem, piece.sequence, h, query_tile * side + s.query_past, key_tile * side + s.key_past};
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

HWY_INLINE void finish_rows(const AttentionPiece& piece, const AttentionResult& r, const Running& running,
                            const float* sum) {
  const AttentionSequence& s = piece.problem->plan->sequences[static_cast<std::size_t>(piece.sequence)];
  const std::int64_t first = piece.tile * side, rows = least(side, s.queries - first), Dv = r.out.size(2);
  for (std::int64_t i = 0; i < rows; ++i) {
    const std::int64_t n = s.query_begin + first + i;
    const float total = running.sum[i], inverse = total == 0.0f ? 0.0f : 1.0f / total;
    put_row(r.out, {n, piece.head}, sum + i * padded(Dv), inverse);
    if (r.log_sum)
      static_cast<float*>(r.log_sum.data)[n * r.log_sum.strides[0] + piece.head * r.log_sum.strides[1]] =
          total == 0.0f ? std::numeric_limits<float>::infinity() : running.largest[i] + std::log(total);
  }
}

void forward(const AttentionPiece& piece, const AttentionResult& result) {
  const AttentionProblem& p = *piece.problem;
  const AttentionSequence& s = p.plan->sequences[static_cast<std::size_t>(piece.sequence)];
  const std::int64_t h = piece.head, g = h / (p.q.shape[1] / p.k.shape[1]);
  const std::int64_t D = p.q.shape[2], Dv = p.v.shape[2], P = padded(Dv), first = piece.tile * side;
  const std::int64_t rows = least(side, s.queries - first);
  const bool drops = p.dropout.keep_of_256 != 256;

  auto* memory = static_cast<float*>(piece.scratch);
  float* q = take(memory, side * D);
  float* scores = take(memory, side * side);
  float* factors = take(memory, side * side);
  float* values = take(memory, side * P);
  float* sum = take(memory, side * P);
  const Running running{take(memory, side), take(memory, side), take(memory, side)};
  pack_columns(rows_of(p.q, {s.query_begin + first, rows, h}), static_cast<float>(p.scale), q);
  fill(running.largest, running.largest + side, -std::numeric_limits<float>::infinity());
  fill(running.sum, running.sum + side, 0.0f);
  fill(sum, sum + rows * P, 0.0f);

  for (const TileRun& run : p.plan->runs_of(h, s.first_row + piece.tile)) {
    ScoreTile t = score_tile(p, run.bits, run.multiplicity);
    for (std::int64_t c = run.first; c < run.first + run.count; ++c) {
      t.queries = rows;
      t.keys = least(side, s.keys - c * side);
      const std::int64_t key_row = p.plan->key_row(s, c);
      const Rows keys = rows_of(p.k, {key_row, t.keys, g}), v = rows_of(p.v, {key_row, t.keys, g});
      product<Into::store>({keys.data, keys.stride, 1, q, side, scores, side, D, nullptr}, t.keys,
                           padded(rows));
      cap_scores(t, p.soft_cap, scores);
      add_bias(dropped(piece, h, piece.tile, c), t, scores);
      hide(t, scores);
      softmax_step(t, scores, running);
      if (drops) {
        fill_dropout(dropped(piece, h, piece.tile, c), t, factors);
        multiply_tile(t, factors, scores);
      }
      const std::uint64_t bad = pack_rows(v, 1.0f, values);
      product<Into::scale>({scores, 1, side, values, P, sum, P, t.keys, running.shrink}, rows, P);
      if (bad != 0) add_bad_rows(t, bad, v, scores, sum);
    }
  }
  finish_rows(piece, result, running, sum);
}

}  // namespace regard::kernels::cpu::HWY_NAMESPACE::attention
HWY_AFTER_NAMESPACE();

#endif
