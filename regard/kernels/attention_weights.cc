#include <algorithm>
#include <cassert>

#include "regard/kernels/attention.h"
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
void for_rows(const Context& context, std::int64_t rows, const F& f) {
  if (context.threads == nullptr)
    for (std::int64_t r = 0; r < rows; ++r) f(r);
  else
    context.threads->run(rows, f);
}

template <class T>
void weights_of(const Context& context, const AttentionProblem& p, const WeightsRequest& request,
                const View& w) {
  const std::vector<std::int32_t> sequence = sequence_of_query(*p.plan);
  const auto heads = static_cast<std::int64_t>(request.heads.size());
  const std::int64_t keys = most_keys(*p.plan);
  assert(w.size(2) >= keys);
  for_rows(context, static_cast<std::int64_t>(request.rows.size()), [&](std::int64_t r) {
    Scratch<double> row(context, keys);
    const std::int64_t n = request.rows[static_cast<std::size_t>(r)];
    const std::int32_t b = sequence[static_cast<std::size_t>(n)];
    for (std::int64_t h = 0; h < heads; ++h) {
      T* out = w.as<T>() + h * w.stride(0) + r * w.stride(1);
      for (std::int64_t j = 0; j < w.size(2); ++j) out[j * w.stride(2)] = T{0};
      if (b < 0) continue;
      const reference::Scores<T> scores({&p, b, 0, 0, row.data()},
                                        request.heads[static_cast<std::size_t>(h)]);
      scores.weights(n - scores.sequence.query_begin);
      for (std::int64_t j = 0; j < scores.sequence.keys; ++j) out[j * w.stride(2)] = static_cast<T>(row[j]);
    }
  });
}

template <class T>
void apply(const Context& context, const AttentionProblem& p, const ConstView& w, const View& out) {
  const std::vector<std::int32_t> sequence = sequence_of_query(*p.plan);
  for_rows(context, p.q.size(0), [&](std::int64_t n) {
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
