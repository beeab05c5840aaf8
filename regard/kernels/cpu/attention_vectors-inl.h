// Compiled once per level by Highway: see attention.cc.
#if defined(REGARD_ATTENTION_VECTORS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef REGARD_ATTENTION_VECTORS_INL_H_
#undef REGARD_ATTENTION_VECTORS_INL_H_
#else
#define REGARD_ATTENTION_VECTORS_INL_H_
#endif

#include "regard/kernels/cpu/attention_backward-inl.h"
#include "regard/kernels/cpu/attention_forward-inl.h"

// The products of attention in f32, by vectors.

HWY_BEFORE_NAMESPACE();
namespace regard::kernels::cpu::HWY_NAMESPACE::attention {

std::int64_t scratch(const AttentionProblem& p) {  // bytes: of the backward pass, which needs most
  const std::int64_t D = p.q.size(2), Dv = p.v.size(2), wide = padded(D) + padded(Dv);
  return side * (D + Dv + 4 * side + 4 * wide + 4) * static_cast<std::int64_t>(sizeof(float));
}

// scores[key][query] = rows of keys times columns of queries [width][64]
HWY_INLINE void multiply_keys(const Rows& keys, const float* columns, const ScoreTile& t, float* scores) {
  product<Into::store>({keys.data, keys.stride, 1, columns, side, scores, side, keys.width, nullptr}, t.keys,
                       padded(t.queries));
}

class VectorForward {
 public:
  HWY_INLINE VectorForward(const AttentionPiece&, const Queries& at, float*& memory)
      : at_(at),
        P_(padded(at.problem.v.shape[2])),
        q_(take(memory, side * at.problem.q.shape[2])),
        values_(take(memory, side * P_)),
        sum_(take(memory, side * P_)) {
    pack_columns(at.of(at.problem.q), static_cast<float>(at.problem.scale), q_);
    fill(sum_, sum_ + at.rows * P_, 0.0f);
  }
  HWY_INLINE void scores(const ScoreTile& t, float* to) {
    multiply_keys(at_.keys_of(at_.problem.k, t), q_, t, to);
  }
  HWY_INLINE void add_values(const ScoreTile& t, const float* weights, const float* shrink) {
    const Rows v = at_.keys_of(at_.problem.v, t);
    const std::uint64_t bad = pack_rows(v, 1.0f, values_);
    product<Into::scale>({weights, 1, side, values_, P_, sum_, P_, t.keys, shrink}, at_.rows, P_);
    if (bad != 0) add_bad_rows(t, {bad, v}, weights, {sum_, P_, 1});
  }
  RowSums sums() const { return {sum_, P_}; }

 private:
  const Queries& at_;
  std::int64_t P_;
  float *q_, *values_, *sum_;
};

class VectorBackward {
 public:
  HWY_INLINE VectorBackward(const AttentionBackwardPiece& piece, float*& memory)
      : problem_(*piece.problem),
        saved_(*piece.saved),
        P_(padded(problem_.q.shape[2])),
        Pv_(padded(problem_.v.shape[2])),
        q_(take(memory, side * problem_.q.shape[2])),
        dout_(take(memory, side * problem_.v.shape[2])),
        q_rows_(take(memory, side * P_)),
        dout_rows_(take(memory, side * Pv_)),
        dk_(take(memory, side * P_)),
        dv_(take(memory, side * Pv_)),
        key_rows_(take(memory, side * P_)),
        dq_(take(memory, side * P_)) {}
  HWY_INLINE void clear_keys() {
    fill(dk_, dk_ + side * P_, 0.0f);
    fill(dv_, dv_ + side * Pv_, 0.0f);
  }
  HWY_INLINE void clear_queries() { fill(dq_, dq_ + side * P_, 0.0f); }
  static std::int64_t part_floats(const AttentionProblem& p) { return side * padded(p.q.shape[2]); }
  HWY_INLINE void queries_into(float* part) { dq_ = part; }
  HWY_INLINE void read_queries(const Queries& at) {
    pack_columns(at.of(problem_.q), static_cast<float>(problem_.scale), q_);
    pack_columns(at.of(saved_.dout), 1.0f, dout_);
  }
  HWY_INLINE void read_queries_for_keys(const Queries& at) {
    pack_rows(at.of(problem_.q), static_cast<float>(problem_.scale), q_rows_);
    pack_rows(at.of(saved_.dout), 1.0f, dout_rows_);
  }
  HWY_INLINE void scores(const Queries& at, const ScoreTile& t, float* to) {
    multiply_keys(at.keys_of(problem_.k, t), q_, t, to);
  }
  HWY_INLINE void dweights(const Queries& at, const ScoreTile& t, float* to) {
    multiply_keys(at.keys_of(problem_.v, t), dout_, t, to);
  }
  HWY_INLINE void add_to_keys(const ScoreTile& t, const float* weights, const float* dscores) {
    product<Into::add>({weights, side, 1, dout_rows_, Pv_, dv_, Pv_, t.queries, nullptr}, t.keys, Pv_);
    product<Into::add>({dscores, side, 1, q_rows_, P_, dk_, P_, t.queries, nullptr}, t.keys, P_);
  }
  HWY_INLINE void add_to_queries(const Queries& at, const ScoreTile& t, const float* dscores) {
    const Rows keys = at.keys_of(problem_.k, t);
    const std::uint64_t bad = pack_rows(keys, 1.0f, key_rows_);
    product<Into::add>({dscores, 1, side, key_rows_, P_, dq_, P_, t.keys, nullptr}, t.queries, P_);
    if (bad != 0) add_bad_rows(t, {bad, keys}, dscores, {dq_, P_, 1});
  }
  RowSums dk() const { return {dk_, P_}; }
  RowSums dv() const { return {dv_, Pv_}; }
  RowSums dq() const { return {dq_, P_}; }

 private:
  const AttentionProblem& problem_;
  const AttentionSaved& saved_;
  std::int64_t P_, Pv_;
  float *q_, *dout_, *q_rows_, *dout_rows_, *dk_, *dv_, *key_rows_, *dq_;
};

}  // namespace regard::kernels::cpu::HWY_NAMESPACE::attention
HWY_AFTER_NAMESPACE();

#endif
