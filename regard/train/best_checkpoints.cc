#include "regard/train/best_checkpoints.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace regard::train {

bool lower_is_better(const std::string& metric) {
  constexpr std::array<const char*, 5> list{"loss", "perplexity", "ter", "wer", "cer"};
  return std::any_of(list.begin(), list.end(), [&](const char* name) { return metric == name; });
}

Standing enter(std::vector<ScoredStep>& best, const ScoredStep& now, const Ranking& ranking) {
  if (!std::isfinite(now.score)) return Standing::behind;
  const bool lower = lower_is_better(ranking.metric);
  const auto place = std::find_if(best.begin(), best.end(), [&](const ScoredStep& old) {
    return lower ? now.score < old.score : now.score > old.score;
  });
  const auto rank = place - best.begin();
  if (rank >= ranking.most) return Standing::behind;
  best.insert(place, now);
  best.resize(std::min(best.size(), static_cast<std::size_t>(ranking.most)));
  return rank == 0 ? Standing::first : Standing::among_the_best;
}

}  // namespace regard::train
