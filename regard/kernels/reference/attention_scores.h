#pragma once

#include <cmath>
#include <limits>

#include "regard/kernels/reference/attention.h"

namespace regard::kernels::reference {

// The scores of one sequence and head, one at a time and in double: the specification of every attention
// kernel. `row` is scratch memory whose first elements, one per key, hold the weights of the query last asked
// for.
template <class T>
class Scores {
 public:
  Scores(const AttentionPiece& piece, std::int64_t h)
      : problem(*piece.problem),
        sequence(problem.plan->sequences[static_cast<std::size_t>(piece.sequence)]),
        head(h),
        key_head(h / (problem.q.size(1) / problem.k.size(1))),
        row(static_cast<double*>(piece.scratch)),
        example_(piece.sequence),
        q_(problem.q.as<T>() + sequence.query_begin * problem.q.stride(0) + head * problem.q.stride(1)),
        k_(problem.k.as<T>() + key_head * problem.k.stride(1)),
        D_(problem.q.size(2)),
        q_row_(problem.q.stride(0)),
        q_step_(problem.q.stride(2)),
        k_row_(problem.k.stride(0)),
        k_step_(problem.k.stride(2)) {}

  std::int64_t key_row(std::int64_t j) const {
    return problem.plan->key_row(sequence, j / tile_side) + j % tile_side;
  }
  double query(std::int64_t i, std::int64_t x) const {
    return static_cast<double>(q_[i * q_row_ + x * q_step_]);
  }
  double key(std::int64_t j, std::int64_t x) const {
    return static_cast<double>(k_[key_row(j) * k_row_ + x * k_step_]);
  }
  const T* value(std::int64_t j) const {
    const ConstView& v = problem.v;
    return v.as<T>() + key_row(j) * v.stride(0) + key_head * v.stride(1);
  }
  double additive(std::int64_t x) const {
    return static_cast<double>(problem.additive_weight.as<T>()[x * problem.additive_weight.stride(0)]);
  }
  std::int64_t offset(std::int64_t i, std::int64_t j) const {  // index into the bias
    return j + sequence.key_past - i - sequence.query_past + problem.bias.zero;
  }

  // The bucket of the terms by content.
  std::int64_t bucket(std::int64_t i, std::int64_t j) const {
    const std::int64_t at = j + sequence.key_past - i - sequence.query_past + problem.content.zero;
    return problem.content.buckets.template as<std::int32_t>()[at];
  }
  double by_content(std::int64_t i, std::int64_t j) const {
    double s = 0;
    if (const ConstView& c = problem.content.of_query)
      s += static_cast<double>(c.as<T>()[(sequence.query_begin + i) * c.stride(0) + head * c.stride(1) +
                                         bucket(i, j) * c.stride(2)]);
    if (const ConstView& c = problem.content.of_key)
      s += static_cast<double>(
          c.as<T>()[key_row(j) * c.stride(0) + head * c.stride(1) + bucket(i, j) * c.stride(2)]);
    return s;
  }

  double score(std::int64_t i, std::int64_t j) const { return score(i, j, paired(i, j)); }
  double score(std::int64_t i, std::int64_t j, double pair) const {
    double s = capped(pair);
    if (const ConstView& b = problem.bias.table)
      s += static_cast<double>(b.as<T>()[head * b.stride(0) + offset(i, j) * b.stride(1)]);
    if (problem.content.buckets) s += by_content(i, j);
    return s;
  }
  // What the pairing makes of them.
  double paired(std::int64_t i, std::int64_t j) const {
    double s = 0;
    const T *q = q_ + i * q_row_, *k = k_ + key_row(j) * k_row_;
    for (std::int64_t x = 0; x < D_; ++x) {
      const double a = static_cast<double>(q[x * q_step_]), b = static_cast<double>(k[x * k_step_]);
      s += problem.pairing == Pairing::dot ? a * b : additive(x) * std::tanh(a + b);
    }
    return s;
  }
  // And scale and cap of that.
  double capped(double pair) const {
    const double s = pair * problem.scale;
    return problem.soft_cap == 0 ? s : problem.soft_cap * std::tanh(s / problem.soft_cap);
  }
  // d cap(s) / ds there.
  double cap_slope(std::int64_t i, std::int64_t j) const {
    if (problem.soft_cap == 0) return 1;
    const double t = capped(paired(i, j)) / problem.soft_cap;
    return 1 - t * t;
  }

  bool kept(std::int64_t i, std::int64_t j) const {
    if (problem.dropout.keep_of_256 == 256) return true;
    const std::int64_t key = j + sequence.key_past;
    const RandomBlock block =
        attention_dropout_block(problem.dropout.key, {example_, head, i + sequence.query_past, key});
    const auto t = static_cast<std::size_t>(key % 16);
    return static_cast<int>(block[t / 4] >> (8 * (t % 4)) & 255U) < problem.dropout.keep_of_256;
  }

  struct Totals {
    double top, sum;  // log sum exp(score) = top + log(sum); sum 0: nothing is seen
  };
  // Leaves the weights of query i in `row`, zero where it does not see.
  Totals weights(std::int64_t i) const {
    return weights(i, [&](std::int64_t j) { return score(i, j); });
  }
  // The same from the scores of its keys, wherever they come from.
  template <class Score>
  Totals weights(std::int64_t i, const Score& score_of) const {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    double top = -infinity, sum = 0;
    for (std::int64_t j = 0; j < sequence.keys; ++j) row[j] = -infinity;
    for_visible(*problem.plan, sequence, head, i, [&](std::int64_t j, std::int32_t multiplicity) {
      row[j] = score_of(j);
      if (multiplicity != 1) row[j] += std::log(static_cast<double>(multiplicity));
      top = std::fmax(top, row[j]);
    });
    for (std::int64_t j = 0; j < sequence.keys; ++j) {
      row[j] = row[j] == -infinity ? 0.0 : std::exp(row[j] - top);
      sum += row[j];
    }
    if (sum != 0)
      for (std::int64_t j = 0; j < sequence.keys; ++j) row[j] /= sum;
    return {top, sum};
  }

  const AttentionProblem& problem;
  const AttentionSequence& sequence;
  std::int64_t head, key_head;
  double* row;

 private:
  std::int64_t example_;
  const T *q_, *k_;
  std::int64_t D_, q_row_, q_step_, k_row_, k_step_;
};

}  // namespace regard::kernels::reference
