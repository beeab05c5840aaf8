#include "regard/metrics/squad.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "regard/base/error.h"
#include "regard/text/code_points.h"
#include "regard/text/lowercase.h"
#include "regard/text/unicode.h"

namespace regard {
namespace {

bool is_ascii_punctuation(std::uint32_t code) {
  return (code >= '!' && code <= '/') || (code >= ':' && code <= '@') || (code >= '[' && code <= '`') ||
         (code >= '{' && code <= '~');
}

// Whether an article may border on it and still be a word of its own.
bool parts_words(std::uint32_t code) {
  if (code < 0x80) return code <= ' ' || code == 0x7F;  // ASCII punctuation is gone by now
  return is_punctuation(code) || is_symbol(code) || trim(to_utf8(std::span(&code, 1))).empty();
}

bool is_article(const std::vector<std::uint32_t>& codes, std::size_t begin, std::size_t end) {
  static const std::vector<std::vector<std::uint32_t>> articles{{'a'}, {'a', 'n'}, {'t', 'h', 'e'}};
  return std::any_of(articles.begin(), articles.end(), [&](const std::vector<std::uint32_t>& article) {
    return std::equal(codes.begin() + static_cast<std::ptrdiff_t>(begin),
                      codes.begin() + static_cast<std::ptrdiff_t>(end), article.begin(), article.end());
  });
}

std::vector<std::string> right_answers(std::span<const std::string_view> references) {
  std::vector<std::string> answers;
  for (std::string_view rest : references) {
    while (true) {
      const std::size_t tab = rest.find('\t');
      const std::string_view answer = rest.substr(0, tab);
      if (!squad_normalized(answer).empty()) answers.emplace_back(answer);
      if (tab == rest.npos) break;
      rest.remove_prefix(tab + 1);
    }
  }
  return answers;
}

}  // namespace

std::string squad_normalized(std::string_view text) {
  std::vector<std::uint32_t> codes = code_points(lowercase(replace_invalid_utf8(text)));
  codes.erase(std::remove_if(codes.begin(), codes.end(), is_ascii_punctuation), codes.end());
  std::string kept;
  for (std::size_t begin = 0, end; begin < codes.size(); begin = end) {
    end = begin + 1;
    if (parts_words(codes[begin])) {
      append_utf8(kept, codes[begin]);
      continue;
    }
    while (end < codes.size() && !parts_words(codes[end])) ++end;
    if (is_article(codes, begin, end)) {
      kept += ' ';
    } else {
      for (std::size_t i = begin; i < end; ++i) append_utf8(kept, codes[i]);
    }
  }
  return fmt::format("{}", fmt::join(split_white_space(kept), " "));
}

double squad_f1(std::string_view answer, std::string_view right) {
  const std::string a = squad_normalized(answer), b = squad_normalized(right);
  std::vector<std::string_view> said = split_white_space(a), expected = split_white_space(b), both;
  if (said.empty() || expected.empty()) return said.empty() && expected.empty() ? 1 : 0;
  std::sort(said.begin(), said.end());
  std::sort(expected.begin(), expected.end());
  std::set_intersection(said.begin(), said.end(), expected.begin(), expected.end(), std::back_inserter(both));
  return 2 * static_cast<double>(both.size()) / static_cast<double>(said.size() + expected.size());
}

void Squad::count(std::string_view hypothesis, std::span<const std::string_view> references,
                  std::span<double> statistics) const {
  if (references.empty()) throw UsageError(name() + ": found no reference, expected at least one");
  std::vector<std::string> answers = right_answers(references);
  const std::size_t at = answers.empty() ? 2 : 0;
  if (answers.empty()) answers.emplace_back();
  double best = 0;
  for (const std::string& right : answers)
    best = std::max(best, measure_ == Measure::f1 ? squad_f1(hypothesis, right)
                          : squad_normalized(hypothesis) == squad_normalized(right) ? 1.0
                                                                                    : 0.0);
  std::fill(statistics.begin(), statistics.end(), 0);
  statistics[at] = best;
  statistics[at + 1] = 1;
}

double Squad::score(std::span<const double> sums) const {
  const double questions = sums[1] + sums[3];
  return questions > 0 ? 100 * (sums[0] + sums[2]) / questions : 0;
}

Json Squad::parts(std::span<const double> sums) const {
  const auto part = [&](std::size_t at) {
    return Json{{"score", sums[at + 1] > 0 ? 100 * sums[at] / sums[at + 1] : 0},
                {"questions", static_cast<std::int64_t>(sums[at + 1])}};
  };
  return {{"has_answer", part(0)}, {"no_answer", part(2)}};
}

}  // namespace regard
