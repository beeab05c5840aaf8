#include "regard/kernels/reference/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "regard/kernels/reference/attention_scores.h"

namespace regard::kernels::reference {
namespace {

bool accepts(const AttentionProblem&) { return true; }
std::int64_t scratch(const AttentionProblem& p) {
  std::int64_t most = 1;
  for (const AttentionSequence& s : p.plan->sequences) most = std::max(most, s.keys);
  return (2 * most + p.q.size(2)) * static_cast<std::int64_t>(sizeof(double));
}

template <class T>
void forward_query(const Scores<T>& scores, const AttentionResult& r, std::int64_t i) {
  const AttentionProblem& p = scores.problem;
  const std::int64_t n = scores.sequence.query_begin + i, h = scores.head;
  const auto [top, sum] = scores.weights(i);
  double* weight = scores.row;
  const double keep = 256.0 / p.dropout.keep_of_256;
  T* out = r.out.as<T>() + n * r.out.stride(0) + h * r.out.stride(1);
  const std::int64_t Dv = p.v.size(2), step = p.v.stride(2), out_step = r.out.stride(2);
  for (std::int64_t x = 0; x < Dv; ++x) {
    double y = 0;
    for_visible(*p.plan, scores.sequence, h, i, [&](std::int64_t j, std::int32_t) {
      if (scores.kept(i, j)) y += weight[j] * keep * static_cast<double>(scores.value(j)[x * step]);
    });
    out[x * out_step] = static_cast<T>(y);
  }
  if (r.log_sum)
    r.log_sum.as<T>()[n * r.log_sum.stride(0) + h * r.log_sum.stride(1)] = static_cast<T>(
        sum > 0 || std::isnan(sum) ? top + std::log(sum) : std::numeric_limits<double>::infinity());
}

template <class T>
void forward(const AttentionPiece& piece, const AttentionResult& r) {
  const Scores<T> scores(piece, piece.head);
  const std::int64_t end = std::min((piece.tile + 1) * tile_side, scores.sequence.queries);
  for (std::int64_t i = piece.tile * tile_side; i < end; ++i) forward_query(scores, r, i);
}

template <class T>
void forward_ranges(const AttentionPiece& piece, const AttentionResult& r) {
  const std::int64_t group = piece.problem->q.size(1) / piece.problem->k.size(1);
  for (std::int64_t h = piece.head * group; h < (piece.head + 1) * group; ++h) {
    const Scores<T> scores(piece, h);
    for (std::int64_t i = 0; i < scores.sequence.queries; ++i) forward_query(scores, r, i);
  }
}

template <class T>
T* row_of(const View& x, std::int64_t n, std::int64_t h) {
  return x ? x.as<T>() + n * x.stride(0) + h * x.stride(1) : nullptr;
}
template <class T>
void add_to(T& sum, double x) {
  sum = static_cast<T>(static_cast<double>(sum) + x);
}

// One query's part of every gradient, given its weights in scores.row.
template <class T>
void backward_query(const AttentionBackwardPiece& piece, const Scores<T>& scores, std::int64_t i) {
  const AttentionProblem& p = scores.problem;
  const AttentionGradient& g = *piece.gradient;
  const std::int64_t n = scores.sequence.query_begin + i, h = scores.head, D = p.q.size(2), Dv = p.v.size(2);
  const std::int64_t group = p.q.size(1) / p.k.size(1);
  const double keep = 256.0 / p.dropout.keep_of_256;
  const ConstView& dout = piece.saved->dout;
  const T* dy = dout.as<T>() + n * dout.stride(0) + h * dout.stride(1);
  double* weight = scores.row;
  double* dweight = scores.row + scores.sequence.keys;
  double delta = 0;
  for_visible(*p.plan, scores.sequence, h, i, [&](std::int64_t j, std::int32_t) {
    double d = 0;
    if (scores.kept(i, j)) {
      for (std::int64_t x = 0; x < Dv; ++x)
        d += static_cast<double>(dy[x * dout.stride(2)]) *
             static_cast<double>(scores.value(j)[x * p.v.stride(2)]);
      d *= keep;
      if (T* dv = row_of<T>(g.dv, scores.key_row(j), scores.key_head))
        for (std::int64_t x = 0; x < Dv; ++x)
          add_to(dv[x * g.dv.stride(2)], weight[j] * keep * static_cast<double>(dy[x * dout.stride(2)]));
    }
    dweight[j] = d;
    delta += weight[j] * d;
  });
  double* sum = scores.row + 2 * scores.sequence.keys;  // [D]: dq
  std::fill(sum, sum + D, 0.0);
  for_visible(*p.plan, scores.sequence, h, i, [&](std::int64_t j, std::int32_t) {
    const double dbiased = weight[j] * (dweight[j] - delta), ds = dbiased * scores.cap_slope(i, j);
    T* dk = row_of<T>(g.dk, scores.key_row(j), scores.key_head);
    for (std::int64_t x = 0; x < D; ++x) {
      const double q = scores.query(i, x), k = scores.key(j, x);
      double by_q = k, by_k = q;
      if (p.pairing == Pairing::additive) {
        const double t = std::tanh(q + k);
        by_q = by_k = scores.additive(x) * (1 - t * t);
        if (piece.dadditive != nullptr) static_cast<double*>(piece.dadditive)[x] += ds * p.scale * t;
      }
      sum[x] += ds * p.scale * by_q;
      if (dk != nullptr) add_to(dk[x * g.dk.stride(2)], ds * p.scale * by_k);
    }
    if (g.dof_query)
      add_to(row_of<T>(g.dof_query, n, h)[scores.bucket(i, j) * g.dof_query.stride(2)], dbiased);
    if (g.dof_key)
      add_to(row_of<T>(g.dof_key, scores.key_row(j), h)[scores.bucket(i, j) * g.dof_key.stride(2)], dbiased);
    if (piece.dbias != nullptr)
      static_cast<double*>(piece.dbias)[h % group * p.bias.table.size(1) + scores.offset(i, j)] += dbiased;
  });
  if (T* dq = row_of<T>(g.dq, n, h))
    for (std::int64_t x = 0; x < D; ++x) dq[x * g.dq.stride(2)] = static_cast<T>(sum[x]);
}

template <class T>
void backward_sequence(const AttentionBackwardPiece& piece) {
  const AttentionProblem& p = *piece.problem;
  const AttentionGradient& g = *piece.gradient;
  const AttentionSequence& s = p.plan->sequences[static_cast<std::size_t>(piece.sequence)];
  const std::int64_t group = p.q.size(1) / p.k.size(1);
  for (const View& d : {g.dk, g.dv})
    for (std::int64_t j = 0; d && j < s.keys; ++j) {
      T* row = row_of<T>(d, p.plan->key_row(s, j / tile_side) + j % tile_side, piece.head);
      for (std::int64_t x = 0; x < d.size(2); ++x) row[x * d.stride(2)] = T{0};
    }
  for (std::int64_t h = piece.head * group; h < (piece.head + 1) * group; ++h) {
    const Scores<T> scores(piece, h);
    for (std::int64_t i = 0; i < s.queries; ++i) {
      scores.weights(i);
      backward_query(piece, scores, i);
    }
  }
}

}  // namespace

template <class T>
const AttentionKernels& attention_kernels() {
  static constexpr AttentionKernels kernels{
      accepts, scratch, forward<T>, forward_ranges<T>, backward_sequence<T>, nullptr, nullptr};
  return kernels;
}
template const AttentionKernels& attention_kernels<float>();
template const AttentionKernels& attention_kernels<double>();

}  // namespace regard::kernels::reference
