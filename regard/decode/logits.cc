#include "regard/decode/logits.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "regard/base/error.h"

namespace regard::decode {
namespace {

constexpr float banned = -std::numeric_limits<float>::infinity();

void ban(std::span<float> scores, std::int32_t id) {
  if (id >= 0 && static_cast<std::size_t>(id) < scores.size()) scores[static_cast<std::size_t>(id)] = banned;
}

void ban_all(std::span<float> scores, const TokenIds& ids) {
  for (const std::int32_t id : ids) ban(scores, id);
}

void force(std::span<float> scores, const TokenIds& ids, const char* key) {
  std::fill(scores.begin(), scores.end(), banned);
  for (const std::int32_t id : ids) {
    if (static_cast<std::size_t>(id) >= scores.size())
      throw UsageError(std::string(key) + ": found " + std::to_string(id) + ", expected an id below " +
                       std::to_string(scores.size()) + ", the size of the vocabulary");
    scores[static_cast<std::size_t>(id)] = 0;
  }
}

void penalize_repetition(std::span<float> scores, std::span<const std::int32_t> ids, double penalty) {
  TokenIds seen(ids.begin(), ids.end());
  std::sort(seen.begin(), seen.end());
  seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
  const auto r = static_cast<float>(penalty);
  for (const std::int32_t id : seen) {
    if (static_cast<std::size_t>(id) >= scores.size()) continue;
    float& s = scores[static_cast<std::size_t>(id)];
    s = s < 0 ? s * r : s / r;
  }
}

// Bans what would repeat an n-gram of the hypothesis.
void ban_repeats(std::span<float> scores, std::span<const std::int32_t> ids, std::size_t n) {
  if (ids.size() < n) return;
  const auto last = ids.subspan(ids.size() - (n - 1));
  for (std::size_t i = 0; i + n <= ids.size(); ++i)
    if (std::equal(last.begin(), last.end(), ids.begin() + static_cast<std::ptrdiff_t>(i)))
      ban(scores, ids[i + n - 1]);
}

void ban_words(std::span<float> scores, std::span<const std::int32_t> ids,
               const std::vector<TokenIds>& words) {
  for (const TokenIds& word : words) {
    const std::size_t before = word.size() - 1;
    if (before > ids.size()) continue;
    const auto last = ids.subspan(ids.size() - before);
    if (std::equal(last.begin(), last.end(), word.begin())) ban(scores, word.back());
  }
}

void normalize(std::span<float> scores) {
  const float largest = *std::max_element(scores.begin(), scores.end());
  if (!std::isfinite(largest)) return;
  double sum = 0;
  for (const float s : scores) sum += std::exp(static_cast<double>(s - largest));
  const auto shift = largest + static_cast<float>(std::log(sum));
  for (float& s : scores) s -= shift;
}

}  // namespace

void adjust(std::span<float> scores, const Progressed& at, const GenerationConfig& how) {
  const auto length = static_cast<std::int64_t>(at.ids.size());
  const std::int64_t generated = length - at.prompt;
  if (how.repetition_penalty != 1) penalize_repetition(scores, at.ids, how.repetition_penalty);
  if (how.no_repeat_ngram_size > 0)
    ban_repeats(scores, at.ids, static_cast<std::size_t>(how.no_repeat_ngram_size));
  ban_words(scores, at.ids, how.bad_words_ids);
  if (length < how.min_length || generated < how.min_new_tokens) ban_all(scores, how.eos_token_id);
  if (how.forced_bos_token_id && length == 1)
    force(scores, {*how.forced_bos_token_id}, "forced_bos_token_id");
  if (!how.forced_eos_token_id.empty() && length == at.max_length - 1)
    force(scores, how.forced_eos_token_id, "forced_eos_token_id");
  ban_all(scores, how.suppress_tokens);
  if (generated == (how.forced_bos_token_id && at.prompt == 1 ? 1 : 0))
    ban_all(scores, how.begin_suppress_tokens);
  if (how.renormalize_logits) normalize(scores);
}

}  // namespace regard::decode
