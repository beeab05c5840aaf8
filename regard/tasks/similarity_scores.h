#pragma once

#include <span>
#include <string>
#include <vector>

#include "regard/autograd/step.h"
#include "regard/base/json.h"

// How well vectors of texts tell which texts belong together.

namespace regard::tasks {

// The cosines of vectors side by side, and the scores that people gave.
struct ScoredCosines {
  std::vector<double> cosines, scores;
};
// spearman and pearson, times 100.
Json similarity_scores(const ScoredCosines& found);

// Vectors of length one: of texts, and of those among which the one that belongs to each is sought: `own`,
// by number. Equal vectors do not beat each other.
struct Retrieval {
  std::size_t width = 0;
  std::vector<float> queries, candidates;
  std::vector<std::size_t> own;  // by query
};
// From 1 on: where each query's own candidate stands by its cosine.
std::vector<std::size_t> ranks_of(const Retrieval& found, const StepOptions& step);
// recall@1, recall@10 and mrr@10 (the mean of 1 / rank, 0 beyond 10), in percent.
Json retrieval_scores(std::span<const std::size_t> ranks);

}  // namespace regard::tasks
