#include "regard/metrics/rouge.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "regard/base/error.h"
#include "regard/metrics/porter_stemmer.h"
#include "regard/metrics/words.h"
#include "regard/text/clean_up.h"
#include "regard/text/lowercase.h"
#include "regard/text/unicode.h"

namespace regard {
namespace {

using Words = std::vector<std::uint32_t>;
using Lines = std::vector<Words>;  // for all kinds but rougeLsum one line

struct Score {
  double precision = 0, recall = 0;
  double f1() const { return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0; }
};

Score score_of(std::size_t matches, std::size_t said, std::size_t expected) {
  const auto share = [matches](std::size_t of) {
    return static_cast<double>(matches) / static_cast<double>(std::max<std::size_t>(of, 1));
  };
  return {share(said), share(expected)};
}

// n-grams as sorted numbers; n is 1 or 2.
std::vector<std::uint64_t> ngrams(const Words& words, std::size_t n) {
  std::vector<std::uint64_t> made;
  for (std::size_t i = 0; i + n <= words.size(); ++i)
    made.push_back(n == 1 ? words[i] : std::uint64_t{words[i]} << 32 | words[i + 1]);
  std::sort(made.begin(), made.end());
  return made;
}

Score ngram_score(const Words& said, const Words& expected, std::size_t n) {
  const auto a = ngrams(said, n), b = ngrams(expected, n);
  std::vector<std::uint64_t> both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  return score_of(both.size(), a.size(), b.size());
}

// Lengths of longest common subsequences of beginnings, [expected + 1, said + 1].
class CommonLengths {
 public:
  CommonLengths(const Words& expected, const Words& said)
      : columns_(said.size() + 1), lengths_((expected.size() + 1) * columns_) {
    for (std::size_t i = 1; i <= expected.size(); ++i)
      for (std::size_t j = 1; j <= said.size(); ++j)
        at(i, j) =
            expected[i - 1] == said[j - 1] ? at(i - 1, j - 1) + 1 : std::max(at(i - 1, j), at(i, j - 1));
  }
  std::uint32_t& at(std::size_t i, std::size_t j) { return lengths_[i * columns_ + j]; }

 private:
  std::size_t columns_;
  std::vector<std::uint32_t> lengths_;
};

std::size_t common_length(const Words& expected, const Words& said) {
  std::vector<std::uint32_t> before(said.size() + 1), row(said.size() + 1);
  for (const std::uint32_t word : expected) {
    for (std::size_t j = 1; j < row.size(); ++j)
      row[j] = word == said[j - 1] ? before[j - 1] + 1 : std::max(before[j], row[j - 1]);
    std::swap(before, row);
  }
  return before.back();
}

// Marks the words of `expected` in one of its longest common subsequences with `said`: of several the one
// that rouge_score finds.
void mark_common(const Words& expected, const Words& said, std::vector<bool>& marked) {
  CommonLengths lengths(expected, said);
  std::size_t i = expected.size(), j = said.size();
  while (i > 0 && j > 0) {
    if (expected[i - 1] == said[j - 1]) {
      marked[--i] = true;
      --j;
    } else if (lengths.at(i, j - 1) > lengths.at(i - 1, j)) {
      --j;
    } else {
      --i;
    }
  }
}

// Lin 2004, section 3.2; no word counts more often than both sides have it, as in ROUGE-1.5.5.
Score summary_score(const Lines& said, const Lines& expected) {
  std::unordered_map<std::uint32_t, std::size_t> left_said, left_expected;
  std::size_t words_said = 0, words_expected = 0, matches = 0;
  for (const Words& line : said)
    for (const std::uint32_t word : line) ++left_said[word], ++words_said;
  for (const Words& line : expected)
    for (const std::uint32_t word : line) ++left_expected[word], ++words_expected;
  for (const Words& line : expected) {
    std::vector<bool> marked(line.size());
    for (const Words& other : said) mark_common(line, other, marked);
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (!marked[i] || left_said[line[i]] == 0 || left_expected[line[i]] == 0) continue;
      --left_said[line[i]];
      --left_expected[line[i]];
      ++matches;
    }
  }
  return score_of(matches, words_said, words_expected);
}

Score score_of(RougeKind kind, const Lines& said, const Lines& expected) {
  switch (kind) {
    case RougeKind::rouge1:
      return ngram_score(said[0], expected[0], 1);
    case RougeKind::rouge2:
      return ngram_score(said[0], expected[0], 2);
    case RougeKind::rougeL:
      return score_of(common_length(expected[0], said[0]), said[0].size(), expected[0].size());
    case RougeKind::rougeLsum:
      break;
  }
  return summary_score(said, expected);
}

std::vector<std::string> lines_of(std::string_view text, const RougeOptions& options) {
  std::string valid = replace_invalid_utf8(text);
  if (options.escaped_breaks) replace_all(valid, "\\n", "\n");
  if (options.kind != RougeKind::rougeLsum) return {std::move(valid)};
  std::vector<std::string> lines;
  for (std::size_t begin = 0, end; begin <= valid.size(); begin = end + 1) {
    end = std::min(valid.find('\n', begin), valid.size());
    lines.push_back(valid.substr(begin, end - begin));
  }
  return lines;
}

}  // namespace

const std::vector<std::string>& rouge_kind_names() {
  static const std::vector<std::string> names{"rouge1", "rouge2", "rougeL", "rougeLsum"};
  return names;
}

std::optional<RougeKind> rouge_kind_named(std::string_view name) {
  const auto& names = rouge_kind_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<RougeKind>(found - names.begin());
}

std::vector<std::string> rouge_words(std::string_view text, bool stemmer) {
  std::vector<std::string> words;
  bool within = false;
  for (const char c : lowercase(text)) {
    const bool counts = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (counts && !within) words.emplace_back();
    if (counts) words.back() += c;
    within = counts;
  }
  if (!stemmer) return words;
  for (std::string& word : words)
    if (word.size() > 3) word = porter_stem(word);
  return words;
}

std::string Rouge::name() const { return rouge_kind_names()[static_cast<std::size_t>(options_.kind)]; }

void Rouge::count(std::string_view hypothesis, std::span<const std::string_view> references,
                  std::span<double> statistics) const {
  if (references.empty()) throw UsageError(name() + ": found no reference, expected at least one");
  WordNumbers numbers;
  const auto numbered = [&](std::string_view text) {
    Lines lines;
    for (const std::string& line : lines_of(text, options_)) {
      const std::vector<std::string> words = rouge_words(line, options_.stemmer);
      lines.push_back(numbers.numbered({words.begin(), words.end()}));
    }
    return lines;
  };
  const Lines said = numbered(hypothesis);
  Score best;
  for (const std::string_view reference : references) {
    const Score score = score_of(options_.kind, said, numbered(reference));
    if (score.f1() > best.f1()) best = score;
  }
  statistics[0] = best.precision;
  statistics[1] = best.recall;
  statistics[2] = best.f1();
  statistics[3] = 1;
}

double Rouge::score(std::span<const double> sums) const { return sums[3] > 0 ? 100 * sums[2] / sums[3] : 0; }

Json Rouge::parts(std::span<const double> sums) const {
  const double count = std::max(sums[3], 1.0);
  return {{"precision", 100 * sums[0] / count}, {"recall", 100 * sums[1] / count}};
}

std::string Rouge::settings() const {
  return fmt::format("case:lc|tok:rouge|type:{}|stem:{}", name(), options_.stemmer ? "porter" : "no");
}

}  // namespace regard
