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

// What the gradient of one tile needs beside its products' operands; and what it leaves.
struct GradientTile {
  float* log_sum;  // [64], infinity past the last query
  float* delta;    // [64]
  float* weights;  // [key][query]: after dropout
  float* dscores;  // [key][query]
  float* factors;  // of dropout
};

HWY_INLINE void load_queries(const AttentionBackwardPiece& piece, const Queries& at, const GradientTile& g) {
  const ConstView& ls = piece.saved->log_sum;
  for (std::int64_t i = 0; i < side; ++i) {
    const std::int64_t n = at.first + i;
    g.log_sum[i] = i < at.rows
                       ? static_cast<const float*>(ls.data)[n * ls.strides[0] + at.head * ls.strides[1]]
                       : std::numeric_limits<float>::infinity();
    g.delta[i] = i < at.rows
                     ? static_cast<const float*>(piece.delta.data)[n * piece.delta.strides[0] + at.head]
                     : 0.0f;
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

template <class Products>
HWY_NOINLINE void gradient_tile(Products& products, const Queries& at, const ScoreTile& t,
                                const GradientTile& g) {
  const AttentionProblem& p = at.problem;
  products.scores(at, t, g.weights);
  products.dweights(at, t, g.dscores);
  cap_scores(t, p.soft_cap, g.weights);
  add_bias(at.place(t), t, g.weights);
  hide(t, g.weights);
  if (p.dropout.keep_of_256 != 256) fill_dropout(at.place(t), t, g.factors);
  differentiate(p, t, g);
}

HWY_INLINE GradientTile take_tile(float*& memory) {
  GradientTile g{};
  g.log_sum = take(memory, side);
  g.delta = take(memory, side);
  g.weights = take(memory, side * side);
  g.dscores = take(memory, side * side);
  g.factors = take(memory, side * side);
  return g;
}

// sum -> rows of a gradient; at: first row, rows, head
HWY_INLINE void put_rows(const View& to, const std::int64_t (&at)[3], const RowSums& sum, float factor) {
  for (std::int64_t r = 0; r < at[1]; ++r) put_row(to, {at[0] + r, at[2]}, sum.data + r * sum.stride, factor);
}

// This piece's part of the bias's gradient for one of the heads that read its key head; or null.
HWY_INLINE double* bias_part(const AttentionBackwardPiece& piece, std::int64_t head_in_group) {
  if (piece.dbias == nullptr) return nullptr;
  return static_cast<double*>(piece.dbias) + head_in_group * piece.problem->bias.table.shape[1];
}

template <class Products>
HWY_INLINE void put_keys(const AttentionBackwardPiece& piece, std::int64_t tile, const Products& products) {
  const TilePlan& plan = *piece.problem->plan;
  const AttentionSequence& s = plan.sequences[static_cast<std::size_t>(piece.sequence)];
  const std::int64_t row = plan.key_row(s, tile), rows = least(side, s.keys - tile * side);
  if (piece.gradient->dk) put_rows(piece.gradient->dk, {row, rows, piece.head}, products.dk(), 1.0f);
  if (piece.gradient->dv) put_rows(piece.gradient->dv, {row, rows, piece.head}, products.dv(), 1.0f);
}
template <class Products>
HWY_INLINE void put_queries(const AttentionBackwardPiece& piece, const Queries& at, Products& products) {
  put_rows(piece.gradient->dq, {at.first, at.rows, at.head}, products.dq(),
           static_cast<float>(at.problem.scale));
}

// `Products` are the products of the pass, by vectors in f32 or on tiles in bf16:
//
//   Products(piece, memory)
//   void read_queries(at), read_queries_for_keys(at)  // the tile that the next ones belong to
//   void scores(at, t, to), dweights(at, t, to)  // [key][query]: scaled k q, v dout
//   void clear_keys(), clear_queries()
//   static std::int64_t part_floats(problem)  // of a tile's dq
//   void queries_into(part)                   // where dq is added to from now on
//   void add_to_keys(t, weights, dscores)     // dv += weights dout, dk += dscores q
//   void add_to_queries(at, t, dscores)       // dq += dscores^T k
//   RowSums dk(), dv(), dq()
template <class Products>
void backward_sequence(const AttentionBackwardPiece& piece) {  // queries and keys are one tile each
  const AttentionProblem& p = *piece.problem;
  const AttentionSequence& s = p.plan->sequences[static_cast<std::size_t>(piece.sequence)];
  const std::int64_t group = p.q.shape[1] / p.k.shape[1];
  auto* memory = static_cast<float*>(piece.scratch);
  Products products(piece, memory);
  const GradientTile g = take_tile(memory);
  products.clear_keys();
  for (std::int64_t h = piece.head * group; h < (piece.head + 1) * group && s.queries > 0; ++h) {
    const Queries at = queries_of(piece, h, 0);
    load_queries(piece, at, g);
    products.read_queries(at);
    products.read_queries_for_keys(at);
    products.clear_queries();
    for (const TileRun& run : p.plan->runs_of(h, s.first_row)) {
      ScoreTile t = score_tile(p, run.bits, run.multiplicity);
      t.queries = s.queries;
      t.keys = s.keys;
      gradient_tile(products, at, t, g);
      if (double* dbias = bias_part(piece, h - piece.head * group))
        add_to_bias(at.place(t), t, g.dscores, dbias);
      products.add_to_keys(t, g.weights, g.dscores);
      if (piece.gradient->dq) products.add_to_queries(at, t, g.dscores);
    }
    if (piece.gradient->dq) put_queries(piece, at, products);
  }
  if (s.keys > 0) put_keys(piece, 0, products);
}

template <class Products>
void backward_keys(const AttentionBackwardPiece& piece) {
  const AttentionProblem& p = *piece.problem;
  const AttentionSequence& s = p.plan->sequences[static_cast<std::size_t>(piece.sequence)];
  const TileColumns& columns = *piece.gradient->columns;
  const std::int64_t group = p.q.shape[1] / p.k.shape[1];
  auto* memory = static_cast<float*>(piece.scratch);
  Products products(piece, memory);
  const GradientTile g = take_tile(memory);
  products.clear_keys();
  const std::int64_t column = columns.first_column[static_cast<std::size_t>(piece.sequence)] + piece.tile;
  for (std::int64_t h = piece.head * group; h < (piece.head + 1) * group; ++h)
    for (const TileColumns::Entry& entry : columns.column(h, column)) {
      const Queries at = queries_of(piece, h, entry.query_tile);
      load_queries(piece, at, g);
      products.read_queries(at);
      products.read_queries_for_keys(at);
      ScoreTile t = score_tile(p, entry.bits, entry.multiplicity);
      t.queries = at.rows;
      t.keys = least(side, s.keys - piece.tile * side);
      t.key_tile = piece.tile;
      gradient_tile(products, at, t, g);
      products.add_to_keys(t, g.weights, g.dscores);
    }
  put_keys(piece, piece.tile, products);
}

template <class Products>
void backward_queries(const AttentionBackwardPiece& piece) {
  const AttentionProblem& p = *piece.problem;
  const Queries at = queries_of(piece, piece.head, piece.tile);
  const AttentionSequence& s = at.sequence;
  auto* memory = static_cast<float*>(piece.scratch);
  Products products(piece, memory);
  const GradientTile g = take_tile(memory);
  products.clear_queries();
  load_queries(piece, at, g);
  products.read_queries(at);
  for (const TileRun& run : p.plan->runs_of(at.head, s.first_row + piece.tile)) {
    ScoreTile t = score_tile(p, run.bits, run.multiplicity);
    for (std::int64_t c = run.first; c < run.first + run.count; ++c) {
      t.queries = at.rows;
      t.keys = least(side, s.keys - c * side);
      t.key_tile = c;
      gradient_tile(products, at, t, g);
      if (double* dbias = bias_part(piece, 0)) add_to_bias(at.place(t), t, g.dscores, dbias);
      if (piece.gradient->dq) products.add_to_queries(at, t, g.dscores);
    }
  }
  if (piece.gradient->dq) put_queries(piece, at, products);
}

template <class Products>
void backward_stripe(const AttentionBackwardPiece& piece) {
  const AttentionProblem& p = *piece.problem;
  const AttentionSequence& s = p.plan->sequences[static_cast<std::size_t>(piece.sequence)];
  const TileColumns& columns = *piece.gradient->columns;
  const std::int64_t group = p.q.shape[1] / p.k.shape[1], tiles = tiles_of(s.queries);
  const QueryParts& parts = piece.parts;
  const auto part = [&](std::int64_t tile, std::int64_t h) {
    return parts.at(piece.sequence, piece.tile, tile, tiles, h);
  };
  for (std::int64_t tile = 0; tile < tiles; ++tile)
    fill(part(tile, piece.head * group), part(tile, piece.head * group) + group * parts.floats, 0.0f);
  auto* memory = static_cast<float*>(piece.scratch);
  Products products(piece, memory);
  const GradientTile g = take_tile(memory);
  for (std::int64_t c = piece.tile; c < tiles_of(s.keys); c += parts.stripes) {
    products.clear_keys();
    const std::int64_t column = columns.first_column[static_cast<std::size_t>(piece.sequence)] + c;
    for (std::int64_t h = piece.head * group; h < (piece.head + 1) * group; ++h)
      for (const TileColumns::Entry& entry : columns.column(h, column)) {
        const Queries at = queries_of(piece, h, entry.query_tile);
        load_queries(piece, at, g);
        products.read_queries(at);
        products.read_queries_for_keys(at);
        ScoreTile t = score_tile(p, entry.bits, entry.multiplicity);
        t.queries = at.rows;
        t.keys = least(side, s.keys - c * side);
        t.key_tile = c;
        gradient_tile(products, at, t, g);
        products.add_to_keys(t, g.weights, g.dscores);
        products.queries_into(part(entry.query_tile, h));
        products.add_to_queries(at, t, g.dscores);
      }
    put_keys(piece, c, products);
  }
}

template <class Products>
void backward_sum(const AttentionBackwardPiece& piece) {
  const F32 d;
  const Queries at = queries_of(piece, piece.head, piece.tile);
  const std::int64_t tiles = tiles_of(at.sequence.queries);
  const QueryParts& parts = piece.parts;
  float* const sum = parts.at(piece.sequence, 0, piece.tile, tiles, piece.head);
  for (std::int64_t stripe = 1; stripe < parts.stripes; ++stripe) {
    const float* const part = parts.at(piece.sequence, stripe, piece.tile, tiles, piece.head);
    for (std::int64_t e = 0; e < parts.floats; e += lanes())
      hn::StoreU(hn::Add(hn::LoadU(d, sum + e), hn::LoadU(d, part + e)), d, sum + e);
  }
  auto* memory = static_cast<float*>(piece.scratch);
  Products products(piece, memory);
  products.queries_into(sum);
  put_queries(piece, at, products);
}

template <class Products>
constexpr AttentionOnePass one_pass{backward_stripe<Products>, backward_sum<Products>, Products::part_floats};

}  // namespace regard::kernels::cpu::HWY_NAMESPACE::attention
HWY_AFTER_NAMESPACE();

#endif
