#include <algorithm>
#include <cassert>
#include <type_traits>

#include "regard/kernels/attention.h"
#include "regard/kernels/matmul.h"
#include "regard/kernels/reference/attention.h"
#include "regard/kernels/reference/attention_scores.h"

namespace regard::kernels {
namespace {

std::vector<std::int32_t> sequence_of_query(const TilePlan& plan) {
  std::vector<std::int32_t> of(static_cast<std::size_t>(plan.queries), -1);
  for (std::size_t b = 0; b < plan.sequences.size(); ++b)
    for (std::int64_t i = 0; i < plan.sequences[b].queries; ++i)
      of[static_cast<std::size_t>(plan.sequences[b].query_begin + i)] = static_cast<std::int32_t>(b);
  return of;
}

std::int64_t most_keys(const TilePlan& plan) {
  std::int64_t most = 1;
  for (const AttentionSequence& s : plan.sequences) most = std::max(most, s.keys);
  return most;
}

template <class F>
void for_each_of(const Context& context, std::int64_t count, const F& f) {
  if (context.threads == nullptr)
    for (std::int64_t i = 0; i < count; ++i) f(i);
  else
    context.threads->run(count, f);
}

// Rows of a request that are computed together: queries of one sequence that follow one another. One of no
// sequence stands alone.
struct Run {
  std::int64_t begin = 0, count = 1;  // in the request
  std::int64_t query = 0;             // the first, in 0 .. N - 1
  std::int32_t sequence = -1;
};

std::vector<Run> runs_of(std::span<const std::int64_t> rows, const TilePlan& plan) {
  const std::vector<std::int32_t> sequence = sequence_of_query(plan);
  std::vector<Run> runs;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const std::int32_t b = sequence[static_cast<std::size_t>(rows[r])];
    if (!runs.empty() && b >= 0) {
      Run& last = runs.back();
      if (last.sequence == b && rows[r] == last.query + last.count && last.count < tile_side) {
        ++last.count;
        continue;
      }
    }
    runs.push_back({static_cast<std::int64_t>(r), 1, rows[r], b});
  }
  return runs;
}

// pairs [count,keys] = q k^T of a run's queries in one head, by the kernels of matrix products: nearly all of
// the work. A call for the keys that lie one behind another.
void multiply(const Context& context, const reference::Scores<float>& scores, const Run& run,
              const View& pairs) {
  const AttentionProblem& p = scores.problem;
  const std::int64_t h = scores.head, g = scores.key_head, keys = scores.sequence.keys;
  const auto plane = [](const ConstView& x, std::int64_t head) {  // [N,D] of [N,H,D]
    const ConstView one = x.slice(1, head, head + 1);
    return ConstView(one.data, x.dtype, {x.size(0), x.size(2)}, {x.stride(0), x.stride(2)});
  };
  const ConstView q = plane(p.q, h).slice(0, run.query, run.query + run.count), k = plane(p.k, g);
  const std::int64_t together = scores.sequence.first_key_tile < 0 ? keys : tile_side;
  for (std::int64_t j = 0; j < keys; j += together) {
    const std::int64_t row = scores.key_row(j), count = std::min(together, keys - j);
    matmul(context, q, k.slice(0, row, row + count).transposed(), pairs.slice(1, j, j + count));
  }
}

template <class T>
void weights_of(const Context& context, const AttentionProblem& p, const WeightsRequest& request,
                const View& w) {
  const std::vector<Run> runs = runs_of(request.rows, *p.plan);
  const auto heads = static_cast<std::int64_t>(request.heads.size());
  const std::int64_t keys = most_keys(*p.plan);
  assert(w.size(2) >= keys);
  // The specification multiplies number by number, in double.
  const bool by_matrices =
      std::is_same_v<T, float> && context.level != Level::reference && p.pairing == Pairing::dot;
  for_each_of(context, static_cast<std::int64_t>(runs.size()) * heads, [&](std::int64_t item) {
    const Run& run = runs[static_cast<std::size_t>(item / heads)];
    const std::int64_t h = item % heads;
    const auto row_of = [&](std::int64_t r) {
      return w.as<T>() + h * w.stride(0) + (run.begin + r) * w.stride(1);
    };
    Scratch<double> row(context, keys);
    Scratch<float> memory(context, by_matrices ? run.count * keys : 1);
    for (std::int64_t r = 0; r < run.count; ++r) {
      T* out = row_of(r);
      for (std::int64_t j = 0; j < w.size(2); ++j) out[j * w.stride(2)] = T{0};
    }
    if (run.sequence < 0) return;
    const reference::Scores<T> scores({&p, run.sequence, 0, 0, row.data()},
                                      request.heads[static_cast<std::size_t>(h)]);
    const std::int64_t S = scores.sequence.keys;
    const View pairs(memory.data(), DType::f32, {run.count, S});
    if constexpr (std::is_same_v<T, float>)
      if (by_matrices) multiply({nullptr, context.level, context.device}, scores, run, pairs);
    for (std::int64_t r = 0; r < run.count; ++r) {
      const std::int64_t i = run.query + r - scores.sequence.query_begin;
      if (by_matrices)
        scores.weights(i,
                       [&](std::int64_t j) { return scores.score(i, j, double{memory.data()[r * S + j]}); });
      else
        scores.weights(i);
      T* out = row_of(r);
      for (std::int64_t j = 0; j < S; ++j) out[j * w.stride(2)] = static_cast<T>(row[j]);
    }
  });
}

template <class T>
void apply(const Context& context, const AttentionProblem& p, const ConstView& w, const View& out) {
  const std::vector<std::int32_t> sequence = sequence_of_query(*p.plan);
  for_each_of(context, p.q.size(0), [&](std::int64_t n) {
    const std::int32_t b = sequence[static_cast<std::size_t>(n)];
    for (std::int64_t h = 0; h < p.q.size(1); ++h) {
      T* y = out.as<T>() + n * out.stride(0) + h * out.stride(1);
      for (std::int64_t x = 0; x < out.size(2); ++x) y[x * out.stride(2)] = T{0};
      if (b < 0) continue;
      const reference::Scores<T> scores({&p, b, 0, 0, nullptr}, h);
      for (std::int64_t x = 0; x < out.size(2); ++x) {
        double sum = 0;
        for (std::int64_t j = 0; j < scores.sequence.keys; ++j) {
          const double weight =
              static_cast<double>(w.as<T>()[h * w.stride(0) + n * w.stride(1) + j * w.stride(2)]);
          if (weight != 0) sum += weight * static_cast<double>(scores.value(j)[x * p.v.stride(2)]);
        }
        y[x * out.stride(2)] = static_cast<T>(sum);
      }
    }
  });
}

}  // namespace

void attention_weights(const Context& context, const AttentionProblem& p, const WeightsRequest& request,
                       const View& weights) {
  if (p.q.dtype == DType::f64)
    weights_of<double>(context, p, request, weights);
  else
    weights_of<float>(context, p, request, weights);
}

void attention_apply(const Context& context, const AttentionProblem& p, const ConstView& weights,
                     const View& out) {
  if (p.q.dtype == DType::f64)
    apply<double>(context, p, weights, out);
  else
    apply<float>(context, p, weights, out);
}

}  // namespace regard::kernels
