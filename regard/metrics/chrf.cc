#include "regard/metrics/chrf.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/base/error.h"
#include "regard/metrics/ngram_numbers.h"
#include "regard/metrics/words.h"
#include "regard/text/code_points.h"
#include "regard/text/lowercase.h"
#include "regard/text/unicode.h"

namespace regard {
namespace {

bool is_mark(char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

bool one_character(std::string_view word) {
  return std::count_if(word.begin(), word.end(), [](char c) { return (c & '\xC0') != '\x80'; }) == 1;
}

struct Range {
  int least, most;
};
void require_within(const char* name, int value, const Range& range) {
  if (value < range.least || value > range.most)
    throw UsageError(
        fmt::format("chrf: found {} {}, expected {} to {}", name, value, range.least, range.most));
}

// Counts of all orders of one text, characters first.
class Counter {
 public:
  explicit Counter(const ChrfOptions& options)
      : options_(options), characters_(options.char_order), word_ngrams_(options.word_order) {}

  std::vector<NgramCounts> operator()(std::string_view text) {
    std::string valid = replace_invalid_utf8(text);
    if (options_.lowercase) valid = lowercase(valid);
    std::string joined;
    if (!options_.whitespace)
      for (const std::string_view word : split_white_space(valid)) joined += word;
    auto counts = characters_.counts(code_points(options_.whitespace ? valid : joined));
    if (options_.word_order == 0) return counts;
    const auto words = chrf_words(valid);
    const auto numbered = words_.numbered({words.begin(), words.end()});
    for (NgramCounts& order : word_ngrams_.counts(numbered)) counts.push_back(std::move(order));
    return counts;
  }

 private:
  const ChrfOptions& options_;
  NgramNumbers characters_, word_ngrams_;
  WordNumbers words_;
};

}  // namespace

std::vector<std::string> chrf_words(std::string_view text) {
  std::vector<std::string> words;
  for (const std::string_view word : split_white_space(text)) {
    if (one_character(word)) {
      words.emplace_back(word);
    } else if (is_mark(word.back())) {
      words.emplace_back(word.substr(0, word.size() - 1));
      words.emplace_back(word.substr(word.size() - 1));
    } else if (is_mark(word.front())) {
      words.emplace_back(word.substr(0, 1));
      words.emplace_back(word.substr(1));
    } else {
      words.emplace_back(word);
    }
  }
  return words;
}

Chrf::Chrf(const ChrfOptions& options) : options_(options) {
  require_within("char_order", options.char_order, {1, 32});
  require_within("word_order", options.word_order, {0, 8});
  require_within("beta", options.beta, {1, 100});
}

std::string Chrf::label() const {
  return fmt::format("chrF{}{}", options_.beta,
                     std::string(static_cast<std::size_t>(options_.word_order), '+'));
}

void Chrf::count(std::string_view hypothesis, std::span<const std::string_view> references,
                 std::span<double> statistics) const {
  if (references.empty()) throw UsageError("chrf: found no reference, expected at least one");
  Counter counter(options_);
  const auto said = counter(hypothesis);
  double best = -1;
  std::vector<double> row(width());
  for (const std::string_view reference : references) {
    const auto expected = counter(reference);
    for (std::size_t n = 0; n < orders(); ++n) {
      const std::int64_t there = total(expected[n]);
      row[3 * n] = there > 0 ? static_cast<double>(total(said[n])) : 0;  // nothing to miss, nothing to hit
      row[3 * n + 1] = static_cast<double>(there);
      row[3 * n + 2] = static_cast<double>(matches(said[n], expected[n]));
    }
    const double f = score(row);
    if (f <= best) continue;
    best = f;
    std::copy(row.begin(), row.end(), statistics.begin());
  }
}

double Chrf::score(std::span<const double> sums) const {
  constexpr double eps = 1e-16;
  const double factor = static_cast<double>(options_.beta) * options_.beta;
  const auto f_score = [factor](double precision, double recall) {
    return (1 + factor) * precision * recall / (factor * precision + recall);
  };
  double precisions = 0, recalls = 0, each = 0;
  int effective = 0;
  for (std::size_t n = 0; n < orders(); ++n) {
    const double said = sums[3 * n], expected = sums[3 * n + 1], correct = sums[3 * n + 2];
    const double precision = said > 0 ? correct / said : eps;
    const double recall = expected > 0 ? correct / expected : eps;
    each += factor * precision + recall > 0 ? f_score(precision, recall) : eps;
    if (said == 0 || expected == 0) continue;
    precisions += precision;
    recalls += recall;
    ++effective;
  }
  if (options_.eps_smoothing) return 100 * each / static_cast<double>(orders());
  if (effective == 0 || precisions + recalls == 0) return 0;
  return 100 * f_score(precisions / effective, recalls / effective);
}

Json Chrf::parts(std::span<const double> sums) const {
  Json made{{"label", label()}};
  for (const auto& [name, offset] :
       {std::pair("hypothesis_ngrams", 0), {"reference_ngrams", 1}, {"matches", 2}}) {
    Json counts = Json::array();
    for (std::size_t n = 0; n < orders(); ++n)
      counts.push_back(static_cast<std::int64_t>(sums[3 * n + static_cast<std::size_t>(offset)]));
    made[name] = std::move(counts);
  }
  return made;
}

std::string Chrf::settings() const {
  return fmt::format("case:{}|eff:{}|nc:{}|nw:{}|space:{}", options_.lowercase ? "lc" : "mixed",
                     options_.eps_smoothing ? "no" : "yes", options_.char_order, options_.word_order,
                     options_.whitespace ? "yes" : "no") +
         (options_.beta == 2 ? "" : fmt::format("|beta:{}", options_.beta));
}

}  // namespace regard
