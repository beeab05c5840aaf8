#include "regard/decode/ranking.h"

#include <algorithm>
#include <cmath>

namespace regard::decode {
namespace {

double norm(std::int64_t generated, const GenerationConfig& how) {
  const auto n = static_cast<double>(generated);
  const double base = how.length_normalization == LengthNormalization::gnmt ? (5 + n) / 6 : n;
  return std::pow(base, how.length_penalty);
}

}  // namespace

float ranking_score(float log_p, std::int64_t generated, const GenerationConfig& how) {
  if (how.word_penalty != 0) log_p -= static_cast<float>(how.word_penalty * static_cast<double>(generated));
  return log_p / static_cast<float>(norm(generated, how));
}

float attainable_score(float log_p, std::int64_t generated, std::int64_t most, const GenerationConfig& how) {
  if (how.early_stopping != EarlyStopping::never || how.length_penalty <= 0)
    return ranking_score(log_p, generated, how);
  float best = ranking_score(log_p, most, how);
  if (how.word_penalty != 0)  // then the longest need not be the best
    for (std::int64_t n = generated; n < most; ++n) best = std::max(best, ranking_score(log_p, n, how));
  return best;
}

}  // namespace regard::decode
