#include "regard/tasks/similarity_scores.h"

#include <algorithm>

#include "regard/autograd/ops/linear.h"
#include "regard/metrics/correlation.h"

namespace regard::tasks {

Json similarity_scores(const ScoredCosines& found) {
  const NumberPairs pairs{found.cosines, found.scores};
  return {{"spearman", 100 * spearman_correlation(pairs)}, {"pearson", 100 * pearson_correlation(pairs)}};
}

std::vector<std::size_t> ranks_of(const Retrieval& found, const StepOptions& options) {
  constexpr std::size_t queries_at_once = 256;
  const std::size_t C = found.width, Q = found.own.size(), M = found.candidates.size() / C;
  const auto rows = [&](std::span<const float> values) {
    return Tensor::from<float>({static_cast<std::int64_t>(values.size() / C), static_cast<std::int64_t>(C)},
                               values);
  };
  const Tensor candidates = rows(found.candidates);
  std::vector<std::size_t> ranks;
  for (std::size_t begin = 0; begin < Q; begin += queries_at_once) {
    const std::size_t end = std::min(Q, begin + queries_at_once);
    Step step(options);
    const Var queries = step.constant(rows(std::span(found.queries).subspan(begin * C, (end - begin) * C)));
    const Tensor cosines = linear(queries, {step.constant(candidates), Var()}).value();  // [q,M]
    const auto all = cosines.host<float>();
    for (std::size_t q = begin; q < end; ++q) {
      const auto row = all.subspan((q - begin) * M, M);
      const float own = row[found.own[q]];
      ranks.push_back(1 + static_cast<std::size_t>(std::count_if(row.begin(), row.end(),
                                                                 [&](float other) { return other > own; })));
    }
  }
  return ranks;
}

Json retrieval_scores(std::span<const std::size_t> ranks) {
  double first = 0, among = 0, reciprocal = 0;
  for (const std::size_t rank : ranks) {
    if (rank == 1) ++first;
    if (rank > 10) continue;
    ++among;
    reciprocal += 1 / static_cast<double>(rank);
  }
  const double share = 100 / static_cast<double>(std::max<std::size_t>(1, ranks.size()));
  return {{"recall@1", share * first}, {"recall@10", share * among}, {"mrr@10", share * reciprocal}};
}

}  // namespace regard::tasks
