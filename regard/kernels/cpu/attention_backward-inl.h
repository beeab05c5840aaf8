// Compiled once per level by Highway: see attention.cc.
#if defined(REGARD_ATTENTION_BACKWARD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef REGARD_ATTENTION_BACKWARD_INL_H_
#undef REGARD_ATTENTION_BACKWARD_INL_H_
#else
#define REGARD_ATTENTION_BACKWARD_INL_H_
#endif

#include "regard/kernels/cpu/attention_forward-inl.h"

HWY_BEFORE_NAMESPACE();
namespace regard::kernels::cpu::HWY_NAMESPACE::attention {

// What the gradient of one tile needs, packed; and what it leaves.
struct GradientTile {
  float* q;        // [D][64], scaled
  float* dout;     // [Dv][64]
  float* log_sum;  // [64], infinity past the last query
  float* delta;    // [64]
  float* weights;  // [key][query]: after dropout
  float* dscores;  // [key][query]
  float* factors;  // of dropout
};

HWY_INLINE void load_queries(const AttentionBackwardPiece& piece, std::int64_t h, std::int64_t tile,
                             const GradientTile& g) {
  const AttentionProblem& p = *piece.problem;
  const AttentionSequence& s = p.plan->sequences[static_cast<std::size_t>(piece.sequence)];
  const std::int64_t first = s.query_begin + tile * side, rows = least(side, s.queries - tile * side);
  pack_columns(rows_of(p.q, {first, rows, h}), static_cast<float>(p.scale), g.q);
  pack_columns(rows_of(piece.saved->dout, {first, rows, h}), 1.0f, g.dout);
  const ConstView& ls = piece.saved->log_sum;
  for (std::int64_t i = 0; i < side; ++i) {
    const std::int64_t n = first + i;
    g.log_sum[i] = i < rows ? static_cast<const float*>(ls.data)[n * ls.strides[0] + h * ls.strides[1]]
                            : std::numeric_limits<float>::infinity();
    g.delta[i] =
        i < rows ? static_cast<const float*>(piece.delta.data)[n * piece.delta.strides[0] + h] : 0.0f;
  }
}

// Weights and the gradients of scores of one tile, from scores in `weights` and dout . v in `dscores`.
HWY_INLINE void differentiate(const AttentionProblem& p, const ScoreTile& t, const GradientTile& g) {
  const F32 d;
  const bool drops = p.dropout.keep_of_256 != 256;
  const float inverse_cap = p.soft_cap == 0 ? 0.0f : static_cast<float>(1 / p.soft_cap);
  const std::int64_t L = lanes(), end = padded(t.queries);
  for (std::int64_t j = 0; j < t.keys; ++j)
    for (std::int64_t i = 0; i < end; i += L) {
      const std::int64_t e = j * side + i;
      const VF score = hn::LoadU(d, g.weights + e);
      VF weight = exp_of(hn::Sub(score, hn::LoadU(d, g.log_sum + i)));
      VF dweight = hn::LoadU(d, g.dscores + e);
      VF after = weight;
      if (drops) {
        const VF factor = hn::LoadU(d, g.factors + e);
        dweight = hn::Mul(dweight, factor);
        after = hn::Mul(weight, factor);
      }
      VF ds = hn::Mul(weight, hn::Sub(dweight, hn::LoadU(d, g.delta + i)));
      if (p.soft_cap != 0) {  // the slope of the cap, 1 - (s / c)^2
        const VF part = hn::Mul(hn::Sub(score, hn::Set(d, t.log_multiplicity)), hn::Set(d, inverse_cap));
        ds = hn::Mul(ds, hn::NegMulAdd(part, part, hn::Set(d, 1.0f)));
      }
      if (t.bits != nullptr) ds = hn::IfThenElseZero(visible_lanes(t.bits[j], i), ds);
      hn::StoreU(after, d, g.weights + e);
      hn::StoreU(ds, d, g.dscores + e);
    }
}

HWY_INLINE void gradient_tile(const AttentionBackwardPiece& piece, const ScoreTile& t, const GradientTile& g,
                              const Dropped& at, std::int64_t key_tile) {
  const AttentionProblem& p = *piece.problem;
  const AttentionSequence& s = p.plan->sequences[static_cast<std::size_t>(piece.sequence)];
  const std::int64_t key_head = at.head / (p.q.shape[1] / p.k.shape[1]),
                     key_row = p.plan->key_row(s, key_tile);
  const Rows k = rows_of(p.k, {key_row, t.keys, key_head}), v = rows_of(p.v, {key_row, t.keys, key_head});
  const std::int64_t end = padded(t.queries);
  product<Into::store>({k.data, k.stride, 1, g.q, side, g.weights, side, k.width, nullptr}, t.keys, end);
  product<Into::store>({v.data, v.stride, 1, g.dout, side, g.dscores, side, v.width, nullptr}, t.keys, end);
  cap_scores(t, p.soft_cap, g.weights);
  add_bias(at, t, g.weights);
  hide(t, g.weights);
  if (p.dropout.keep_of_256 != 256) fill_dropout(at, t, g.factors);
  differentiate(p, t, g);
}

HWY_INLINE GradientTile take_tile(const AttentionProblem& p, float*& memory) {
  GradientTile g{};
  g.q = take(memory, side * p.q.shape[2]);
  g.dout = take(memory, side * p.v.shape[2]);
  g.log_sum = take(memory, side);
  g.delta = take(memory, side);
  g.weights = take(memory, side * side);
  g.dscores = take(memory, side * side);
  g.factors = take(memory, side * side);
  return g;
}

// sum [rows][padded(width)] -> rows of a gradient
HWY_INLINE void put_rows(const View& to, const std::int64_t (&at)[3], const float* sum, float factor) {
  const std::int64_t P = padded(to.shape[2]);
  for (std::int64_t r = 0; r < at[1]; ++r) put_row(to, {at[0] + r, at[2]}, sum + r * P, factor);
}

// This piece's part of the bias's gradient for one of the heads that read its key head; or null.
HWY_INLINE double* bias_part(const AttentionBackwardPiece& piece, std::int64_t head_in_group) {
  if (piece.dbias == nullptr) return nullptr;
  return static_cast<double*>(piece.dbias) + head_in_group * piece.problem->bias.table.shape[1];
}

// The parts of dk and dv that one tile gives, given its queries and dout as rows.
struct KeySums {
  float* q_rows;     // [64][padded(D)], scaled
  float* dout_rows;  // [64][padded(Dv)]
  float* dk;         // [64][padded(D)]
  float* dv;         // [64][padded(Dv)]
};
HWY_INLINE void add_to_keys(const AttentionProblem& p, const ScoreTile& t, const GradientTile& g,
                            const KeySums& sums) {
  const std::int64_t P = padded(p.q.shape[2]), Pv = padded(p.v.shape[2]);
  product<Into::add>({g.weights, side, 1, sums.dout_rows, Pv, sums.dv, Pv, t.queries, nullptr}, t.keys, Pv);
  product<Into::add>({g.dscores, side, 1, sums.q_rows, P, sums.dk, P, t.queries, nullptr}, t.keys, P);
}

HWY_INLINE void add_to_queries(const AttentionProblem& p, const ScoreTile& t, const GradientTile& g,
                               const Rows& keys, float* key_rows, float* dq) {
  (void)p;
  const std::int64_t P = padded(keys.width);
  const std::uint64_t bad = pack_rows(keys, 1.0f, key_rows);
  product<Into::add>({g.dscores, 1, side, key_rows, P, dq, P, t.keys, nullptr}, t.queries, P);
  if (bad != 0) add_bad_rows(t, bad, keys, g.dscores, dq);
}

HWY_INLINE void pack_query_rows(const AttentionBackwardPiece& piece, std::int64_t h, std::int64_t tile,
                                const KeySums& sums) {
  const AttentionProblem& p = *piece.problem;
  const AttentionSequence& s = p.plan->sequences[static_cast<std::size_t>(piece.sequence)];
  const std::int64_t first = s.query_begin + tile * side, rows = least(side, s.queries - tile * side);
  pack_rows(rows_of(p.q, {first, rows, h}), static_cast<float>(p.scale), sums.q_rows);
  pack_rows(rows_of(piece.saved->dout, {first, rows, h}), 1.0f, sums.dout_rows);
}

HWY_INLINE KeySums take_sums(const AttentionProblem& p, float*& memory) {
  const std::int64_t P = padded(p.q.shape[2]), Pv = padded(p.v.shape[2]);
  KeySums sums{take(memory, side * P), take(memory, side * Pv), take(memory, side * P),
               take(memory, side * Pv)};
  fill(sums.dk, sums.dk + side * P, 0.0f);
  fill(sums.dv, sums.dv + side * Pv, 0.0f);
  return sums;
}

HWY_INLINE void put_keys(const AttentionBackwardPiece& piece, std::int64_t tile, const KeySums& sums) {
  const TilePlan& plan = *piece.problem->plan;
  const AttentionSequence& s = plan.sequences[static_cast<std::size_t>(piece.sequence)];
  const std::int64_t row = plan.key_row(s, tile), rows = least(side, s.keys - tile * side);
  if (piece.gradient->dk) put_rows(piece.gradient->dk, {row, rows, piece.head}, sums.dk, 1.0f);
  if (piece.gradient->dv) put_rows(piece.gradient->dv, {row, rows, piece.head}, sums.dv, 1.0f);
}

void backward_sequence(const AttentionBackwardPiece& piece) {  // queries and keys are one tile each
  const AttentionProblem& p = *piece.problem;
  const AttentionSequence& s = p.plan->sequences[static_cast<std::size_t>(piece.sequence)];
  const std::int64_t group = p.q.shape[1] / p.k.shape[1], P = padded(p.q.shape[2]);
  auto* memory = static_cast<float*>(piece.scratch);
  const GradientTile g = take_tile(p, memory);
  const KeySums sums = take_sums(p, memory);
  float* key_rows = take(memory, side * P);
  float* dq = take(memory, side * P);
  for (std::int64_t h = piece.head * group; h < (piece.head + 1) * group && s.queries > 0; ++h) {
    fill(dq, dq + side * P, 0.0f);
    load_queries(piece, h, 0, g);
    pack_query_rows(piece, h, 0, sums);
    for (const TileRun& run : p.plan->runs_of(h, s.first_row)) {
      ScoreTile t = score_tile(p, run.bits, run.multiplicity);
      t.queries = s.queries;
      t.keys = s.keys;
      const Dropped at = dropped(piece, h, 0, 0);
      gradient_tile(piece, t, g, at, 0);
      if (double* dbias = bias_part(piece, h - piece.head * group)) add_to_bias(at, t, g.dscores, dbias);
      add_to_keys(p, t, g, sums);
      if (piece.gradient->dq)
        add_to_queries(p, t, g, rows_of(p.k, {p.plan->key_row(s, 0), t.keys, piece.head}), key_rows, dq);
    }
    if (piece.gradient->dq)
      put_rows(piece.gradient->dq, {s.query_begin, s.queries, h}, dq, static_cast<float>(p.scale));
  }
  if (s.keys > 0) put_keys(piece, 0, sums);
}

void backward_keys(const AttentionBackwardPiece& piece) {
  const AttentionProblem& p = *piece.problem;
  const AttentionSequence& s = p.plan->sequences[static_cast<std::size_t>(piece.sequence)];
  const TileColumns& columns = *piece.gradient->columns;
  const std::int64_t group = p.q.shape[1] / p.k.shape[1];
  auto* memory = static_cast<float*>(piece.scratch);
  const GradientTile g = take_tile(p, memory);
  const KeySums sums = take_sums(p, memory);
  const std::int64_t column = columns.first_column[static_cast<std::size_t>(piece.sequence)] + piece.tile;
  for (std::int64_t h = piece.head * group; h < (piece.head + 1) * group; ++h)
    for (const TileColumns::Entry& entry : columns.column(h, column)) {
      load_queries(piece, h, entry.query_tile, g);
      pack_query_rows(piece, h, entry.query_tile, sums);
      ScoreTile t = score_tile(p, entry.bits, entry.multiplicity);
      t.queries = least(side, s.queries - entry.query_tile * side);
      t.keys = least(side, s.keys - piece.tile * side);
      gradient_tile(piece, t, g, dropped(piece, h, entry.query_tile, piece.tile), piece.tile);
      add_to_keys(p, t, g, sums);
    }
  put_keys(piece, piece.tile, sums);
}

void backward_queries(const AttentionBackwardPiece& piece) {
  const AttentionProblem& p = *piece.problem;
  const AttentionSequence& s = p.plan->sequences[static_cast<std::size_t>(piece.sequence)];
  const std::int64_t h = piece.head, key_head = h / (p.q.shape[1] / p.k.shape[1]), P = padded(p.q.shape[2]);
  const std::int64_t rows = least(side, s.queries - piece.tile * side);
  auto* memory = static_cast<float*>(piece.scratch);
  const GradientTile g = take_tile(p, memory);
  float* key_rows = take(memory, side * P);
  float* dq = take(memory, side * P);
  fill(dq, dq + side * P, 0.0f);
  load_queries(piece, h, piece.tile, g);
  for (const TileRun& run : p.plan->runs_of(h, s.first_row + piece.tile)) {
    ScoreTile t = score_tile(p, run.bits, run.multiplicity);
    for (std::int64_t c = run.first; c < run.first + run.count; ++c) {
      t.queries = rows;
      t.keys = least(side, s.keys - c * side);
      const Dropped at = dropped(piece, h, piece.tile, c);
      gradient_tile(piece, t, g, at, c);
      if (double* dbias = bias_part(piece, 0)) add_to_bias(at, t, g.dscores, dbias);
      if (piece.gradient->dq)
        add_to_queries(p, t, g, rows_of(p.k, {p.plan->key_row(s, c), t.keys, key_head}), key_rows, dq);
    }
  }
  if (piece.gradient->dq)
    put_rows(piece.gradient->dq, {s.query_begin + piece.tile * side, rows, h}, dq,
             static_cast<float>(p.scale));
}

}  // namespace regard::kernels::cpu::HWY_NAMESPACE::attention
HWY_AFTER_NAMESPACE();

#endif
