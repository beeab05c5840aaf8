// Compiled once per level by Highway: see attention_bf16.cc.
#if defined(REGARD_ATTENTION_BF16_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef REGARD_ATTENTION_BF16_INL_H_
#undef REGARD_ATTENTION_BF16_INL_H_
#else
#define REGARD_ATTENTION_BF16_INL_H_
#endif

#include "regard/kernels/cpu/attention_backward-inl.h"
#include "regard/kernels/cpu/attention_forms-inl.h"
#include "regard/kernels/cpu/tile_product.h"

// The products of attention in bf16 on a unit of tiles. All else, sums and softmax among it, is the vector
// code of the passes in f32. What the pieces share (keys and values; in the backward pass also queries and
// their gradients) is rounded and rearranged once for all of them.

HWY_BEFORE_NAMESPACE();
namespace regard::kernels::cpu::HWY_NAMESPACE::attention {

HWY_INLINE Word* take_words(float*& memory, std::int64_t words) {
  return reinterpret_cast<Word*>(take(memory, words));
}
HWY_INLINE std::int64_t width_of(const ConstView& x) { return x.shape[2]; }

// What lies behind the forms of a tile of keys: which rows of the last one are bad and were left out.
constexpr std::int64_t bad_words = 16;
HWY_INLINE std::uint64_t bad_behind(const Word* forms) {
  std::uint64_t bad = 0;
  std::memcpy(&bad, forms, sizeof bad);
  return bad;
}

// In the forward pass: k as rows, v as columns.
struct ForwardKeys {
  const Word *k, *v;
  std::uint64_t bad;
};
std::int64_t forward_key_bytes(const AttentionProblem& p) {
  return (form_words(width_of(p.k)) + form_words(width_of(p.v)) + bad_words) * word;
}
HWY_INLINE Queries keys_as_rows(const AttentionBackwardPiece& piece) {
  const AttentionProblem& p = *piece.problem;
  const AttentionSequence& s = p.plan->sequences[static_cast<std::size_t>(piece.sequence)];
  return {p,
          s,
          piece.sequence,
          piece.head,
          piece.head,
          piece.tile,
          p.plan->key_row(s, piece.tile),
          least(side, s.keys - piece.tile * side)};
}
void pack_forward_keys(const AttentionBackwardPiece& piece, void* to) {
  const Queries at = keys_as_rows(piece);
  const Rows k = at.of(at.problem.k), v = at.of(at.problem.v);
  auto* const words = static_cast<Word*>(to);
  auto* const values = words + form_words(k.width);
  const std::uint64_t bad = bad_rows(v, 1.0f);
  fill_rows(k, 1.0f, words);
  fill_columns(v, bad, values, static_cast<Word*>(piece.scratch));
  std::memcpy(values + form_words(v.width), &bad, sizeof bad);
}
HWY_INLINE ForwardKeys forward_keys_of(const AttentionPiece& piece, const Queries& at, const ScoreTile& t) {
  const auto* const k = reinterpret_cast<const Word*>(piece.keys.at(at.example, t.key_tile, at.key_head));
  const Word* const v = k + form_words(width_of(at.problem.k));
  return {k, v, bad_behind(v + form_words(width_of(at.problem.v)))};
}

// In the backward pass: k as rows, v as rows, k as columns; q and dout by width, and as pairs.
struct BackwardKeys {
  const Word *k, *v, *k_columns;
  std::uint64_t bad;
};
struct BackwardQueries {
  const Word *q, *dout, *q_pairs, *dout_pairs;
};
std::int64_t backward_key_bytes(const AttentionProblem& p) {
  return (2 * form_words(width_of(p.k)) + form_words(width_of(p.v)) + bad_words) * word;
}
std::int64_t backward_query_bytes(const AttentionProblem& p) {
  return 2 * (form_words(width_of(p.q)) + form_words(width_of(p.v))) * word;
}
HWY_INLINE BackwardKeys split_keys(const AttentionProblem& p, const std::byte* packed) {
  const auto* const k = reinterpret_cast<const Word*>(packed);
  const std::int64_t K = form_words(width_of(p.k)), V = form_words(width_of(p.v));
  return {k, k + K, k + K + V, bad_behind(k + 2 * K + V)};
}
HWY_INLINE BackwardQueries split_queries(const AttentionProblem& p, const std::byte* packed) {
  const auto* const q = reinterpret_cast<const Word*>(packed);
  const std::int64_t Q = form_words(width_of(p.q)), V = form_words(width_of(p.v));
  return {q, q + Q, q + Q + V, q + 2 * Q + V};
}
void pack_backward_keys(const AttentionBackwardPiece& piece, void* to) {
  const Queries at = keys_as_rows(piece);
  const Rows k = at.of(at.problem.k), v = at.of(at.problem.v);
  const std::int64_t K = form_words(k.width), V = form_words(v.width);
  auto* const words = static_cast<Word*>(to);
  const std::uint64_t bad = bad_rows(k, 1.0f);
  fill_rows(k, 1.0f, words);
  fill_rows(v, 1.0f, words + K);
  fill_columns(k, bad, words + K + V, static_cast<Word*>(piece.scratch));
  std::memcpy(words + 2 * K + V, &bad, sizeof bad);
}
void pack_backward_queries(const AttentionBackwardPiece& piece, void* to) {
  const Queries at = queries_of(piece, piece.head, piece.tile);
  const Rows q = at.of(at.problem.q), dout = at.of(piece.saved->dout);
  const auto scale = static_cast<float>(at.problem.scale);
  const std::int64_t Q = form_words(q.width), V = form_words(dout.width);
  auto* const words = static_cast<Word*>(to);
  auto* const side_by_side = static_cast<Word*>(piece.scratch);
  fill_by_width(q, scale, words, side_by_side);
  fill_by_width(dout, 1.0f, words + Q, side_by_side);
  fill_pairs(q, scale, bad_rows(q, scale), words + Q + V);
  fill_pairs(dout, 1.0f, bad_rows(dout, 1.0f), words + 2 * Q + V);
}

std::int64_t scratch_on_tiles(const AttentionProblem& p) {  // bytes; of the backward pass, which needs most
  const std::int64_t W = wide(width_of(p.q)), Wv = wide(width_of(p.v));
  return side * (3 * W + 3 * Wv + 5 * side + 4) * static_cast<std::int64_t>(sizeof(float));
}

// scores[key][query] = a by rows, [keys][width], times b by width.
struct ScoreOperands {
  const Word *a, *b;
  std::int64_t width;
};
HWY_INLINE void multiply_scores(const TileUnit& unit, const ScoreTile& t, const ScoreOperands& x,
                                float* scores) {
  const std::int64_t W = wide(x.width);
  unit.multiply({.a = x.a,
                 .a_row = W / 2 * word,
                 .b = x.b,
                 .b_row = side * word,
                 .b_panel = 16 * word,
                 .c = scores,
                 .c_row = side * word,
                 .rows = blocks(t.keys),
                 .columns = blocks(t.queries),
                 .steps = W / 32});
}

// sums[x][query] += columns, [width][64 keys], times scores in pairs of keys.
struct ColumnOperands {
  const Word *columns, *pairs;
  std::int64_t width;
};
HWY_INLINE void add_columns(const TileUnit& unit, const ScoreTile& t, const ColumnOperands& x, float* sums) {
  unit.multiply({.a = x.columns,
                 .a_row = side / 2 * word,
                 .b = x.pairs,
                 .b_row = side * word,
                 .b_panel = 16 * word,
                 .c = sums,
                 .c_row = side * word,
                 .rows = blocks(x.width),
                 .columns = blocks(t.queries),
                 .steps = wide(t.keys) / 32,
                 .into = TileProduct::Into::add});
}

// sums [x][64] times a factor for each query. Neighbors whose factors are all 1 stay untouched.
HWY_INLINE void scale_columns(const float* factor, std::int64_t queries, std::int64_t width,
                              float* HWY_RESTRICT sums) {
  const F32 d;
  for (std::int64_t i = 0; i < padded(queries); i += lanes()) {
    const VF by = hn::LoadU(d, factor + i);
    if (hn::AllTrue(d, hn::Eq(by, hn::Set(d, 1.0f)))) continue;
    for (std::int64_t x = 0; x < width; ++x)
      hn::StoreU(hn::Mul(by, hn::LoadU(d, sums + x * side + i)), d, sums + x * side + i);
  }
}

// [W][64] -> [64][W]
HWY_INLINE RowSums turned(const float* sums, std::int64_t width, float* to) {
  transpose({reinterpret_cast<const Word*>(sums), wide(width), side}, reinterpret_cast<Word*>(to));
  return {to, wide(width)};
}

// Both hold the unit while they live.

class TileForward {
 public:
  HWY_INLINE TileForward(const AttentionPiece& piece, const Queries& at, float*& memory)
      : piece_(piece),
        at_(at),
        D_(width_of(at.problem.q)),
        Dv_(width_of(at.problem.v)),
        q_(take_words(memory, form_words(D_))),
        pairs_(take_words(memory, side / 2 * side)),
        sums_(take(memory, side * wide(Dv_))),
        rows_(take(memory, side * wide(Dv_))) {
    fill_by_width(at.of(at.problem.q), static_cast<float>(at.problem.scale), q_,
                  take_words(memory, form_words(D_)));
    fill(sums_, sums_ + side * wide(Dv_), 0.0f);
    piece.unit->begin();
  }
  HWY_INLINE ~TileForward() { piece_.unit->end(); }
  TileForward(const TileForward&) = delete;
  TileForward& operator=(const TileForward&) = delete;
  HWY_INLINE void scores(const ScoreTile& t, float* to) {
    keys_ = forward_keys_of(piece_, at_, t);
    multiply_scores(*piece_.unit, t, {keys_.k, q_, D_}, to);
  }
  HWY_INLINE void add_values(const ScoreTile& t, const float* weights, const float* shrink) {
    pair_scores(t, weights, pairs_);
    scale_columns(shrink, t.queries, Dv_, sums_);
    add_columns(*piece_.unit, t, {keys_.v, pairs_, Dv_}, sums_);
    if (keys_.bad != 0)
      add_bad_rows(t, {keys_.bad, at_.keys_of(at_.problem.v, t)}, weights, {sums_, 1, side});
  }
  HWY_INLINE RowSums sums() const { return turned(sums_, Dv_, rows_); }

 private:
  const AttentionPiece& piece_;
  const Queries& at_;
  std::int64_t D_, Dv_;
  Word *q_, *pairs_;
  float *sums_, *rows_;
  ForwardKeys keys_{};  // of the tile that `scores` was asked for last
};

class TileBackward {
 public:
  HWY_INLINE TileBackward(const AttentionBackwardPiece& piece, float*& memory)
      : piece_(piece),
        D_(width_of(piece.problem->q)),
        Dv_(width_of(piece.problem->v)),
        weights_(take_words(memory, side / 2 * side)),
        dscores_(take_words(memory, side / 2 * side)),
        dk_(take(memory, side * wide(D_))),
        dv_(take(memory, side * wide(Dv_))),
        dq_(take(memory, side * wide(D_))),
        rows_(take(memory, side * wide(D_))) {
    piece.unit->begin();
  }
  HWY_INLINE ~TileBackward() { piece_.unit->end(); }
  TileBackward(const TileBackward&) = delete;
  TileBackward& operator=(const TileBackward&) = delete;
  HWY_INLINE void clear_keys() {
    fill(dk_, dk_ + side * wide(D_), 0.0f);
    fill(dv_, dv_ + side * wide(Dv_), 0.0f);
  }
  HWY_INLINE void clear_queries() { fill(dq_, dq_ + side * wide(D_), 0.0f); }
  static std::int64_t part_floats(const AttentionProblem& p) { return side * wide(width_of(p.q)); }
  HWY_INLINE void queries_into(float* part) { dq_ = part; }
  HWY_INLINE void read_queries(const Queries& at) {
    queries_ = split_queries(at.problem, piece_.queries.at(at.example, at.tile, at.head));
  }
  HWY_INLINE void read_queries_for_keys(const Queries&) {}
  HWY_INLINE void scores(const Queries& at, const ScoreTile& t, float* to) {
    keys_ = split_keys(at.problem, piece_.keys.at(at.example, t.key_tile, at.key_head));
    multiply_scores(*piece_.unit, t, {keys_.k, queries_.q, D_}, to);
  }
  HWY_INLINE void dweights(const Queries&, const ScoreTile& t, float* to) {
    multiply_scores(*piece_.unit, t, {keys_.v, queries_.dout, Dv_}, to);
  }
  HWY_INLINE void add_to_keys(const ScoreTile& t, const float* weights, const float* dscores) {
    round_scores(t, weights, weights_);
    round_scores(t, dscores, dscores_);
    add_rows(t, {weights_, queries_.dout_pairs, Dv_}, dv_);
    add_rows(t, {dscores_, queries_.q_pairs, D_}, dk_);
  }
  HWY_INLINE void add_to_queries(const Queries& at, const ScoreTile& t, const float* dscores) {
    pair_scores(t, dscores, dscores_);
    add_columns(*piece_.unit, t, {keys_.k_columns, dscores_, D_}, dq_);
    if (keys_.bad != 0) add_bad_rows(t, {keys_.bad, at.keys_of(at.problem.k, t)}, dscores, {dq_, 1, side});
  }
  RowSums dk() const { return {dk_, wide(D_)}; }
  RowSums dv() const { return {dv_, wide(Dv_)}; }
  HWY_INLINE RowSums dq() const { return turned(dq_, D_, rows_); }

 private:
  // sums[key][x] += a by rows, [keys][64 queries], times b in pairs of queries.
  HWY_INLINE void add_rows(const ScoreTile& t, const ScoreOperands& x, float* sums) {
    const std::int64_t W = wide(x.width);
    piece_.unit->multiply({.a = x.a,
                           .a_row = side / 2 * word,
                           .b = x.b,
                           .b_row = W * word,
                           .b_panel = 16 * word,
                           .c = sums,
                           .c_row = W * word,
                           .rows = blocks(t.keys),
                           .columns = blocks(x.width),
                           .steps = wide(t.queries) / 32,
                           .into = TileProduct::Into::add});
  }

  const AttentionBackwardPiece& piece_;
  std::int64_t D_, Dv_;
  Word *weights_, *dscores_;
  float *dk_, *dv_, *dq_, *rows_;
  BackwardKeys keys_{};  // of the tile that `scores` was asked for last
  BackwardQueries queries_{};
};

}  // namespace regard::kernels::cpu::HWY_NAMESPACE::attention
HWY_AFTER_NAMESPACE();

#endif
