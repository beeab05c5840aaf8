#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace regard::train {

// A checkpoint by the validation it gave.
struct ScoredStep {
  std::int64_t step = 0;
  double score = 0;
};

// Whether less of a measure is better: loss, perplexity and error rates; of all others more is.
bool lower_is_better(const std::string& metric);

// How a new score stands to the best so far.
enum class Standing : std::uint8_t { behind, among_the_best, first };

// Puts a score into its place among the best (from best to worst, at most `most`, of equals the older
// first); one that is not finite is behind.
struct Ranking {
  std::string metric = "loss";
  std::int64_t most = 1;
};
Standing enter(std::vector<ScoredStep>& best, const ScoredStep& now, const Ranking& ranking);

}  // namespace regard::train
