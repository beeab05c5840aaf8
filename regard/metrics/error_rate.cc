#include "regard/metrics/error_rate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "regard/base/error.h"
#include "regard/metrics/words.h"
#include "regard/text/code_points.h"
#include "regard/text/lowercase.h"
#include "regard/text/unicode.h"

namespace regard {
namespace {

std::string without_punctuation(std::string_view text) {
  std::string made;
  for (const std::uint32_t code : code_points(text))
    if (!is_punctuation(code)) append_utf8(made, code);
  return made;
}

std::string prepared(std::string_view given, const ErrorRateOptions& options) {
  std::string text = replace_invalid_utf8(given);
  if (options.lowercase) text = lowercase(text);
  if (options.no_punctuation) text = without_punctuation(text);
  return std::string(trim(text));
}

double rate(double errors, double length) { return length > 0 ? errors / length : errors; }

}  // namespace

EditCounts count_edits(std::span<const std::uint32_t> expected, std::span<const std::uint32_t> said) {
  const std::size_t columns = said.size() + 1;
  constexpr std::size_t most = std::size_t{1} << 28;
  if (expected.size() + 1 > most / columns)
    throw InputError(fmt::format("found segments of {} and {} units, expected fewer than {} pairs of them",
                                 expected.size(), said.size(), most));
  std::vector<std::uint32_t> least((expected.size() + 1) * columns);  // edits between the beginnings
  const auto at = [&](std::size_t i, std::size_t j) -> std::uint32_t& { return least[i * columns + j]; };
  for (std::size_t i = 0; i <= expected.size(); ++i) at(i, 0) = static_cast<std::uint32_t>(i);
  for (std::size_t j = 0; j <= said.size(); ++j) at(0, j) = static_cast<std::uint32_t>(j);
  for (std::size_t i = 1; i <= expected.size(); ++i)
    for (std::size_t j = 1; j <= said.size(); ++j)
      at(i, j) = std::min(
          {at(i - 1, j - 1) + (expected[i - 1] == said[j - 1] ? 0 : 1), at(i - 1, j) + 1, at(i, j - 1) + 1});
  EditCounts counts;
  std::size_t i = expected.size(), j = said.size();
  while (i > 0 && j > 0) {
    if (at(i, j) == at(i - 1, j) + 1) {
      ++counts.deletions;
      --i;
    } else if (at(i - 1, j - 1) == at(i, j - 1) + 1) {
      ++counts.insertions;
      --j;
    } else {
      ++(expected[i - 1] == said[j - 1] ? counts.hits : counts.substitutions);
      --i;
      --j;
    }
  }
  counts.deletions += static_cast<std::int64_t>(i);
  counts.insertions += static_cast<std::int64_t>(j);
  return counts;
}

void ErrorRate::count(std::string_view hypothesis, std::span<const std::string_view> references,
                      std::span<double> statistics) const {
  if (references.empty()) throw UsageError(name() + ": found no reference, expected at least one");
  WordNumbers numbers;
  const auto units = [&](std::string_view text) {
    const std::string cut = prepared(text, options_);
    return options_.unit == ErrorRateOptions::Unit::words ? numbers.numbered(split_white_space(cut))
                                                          : code_points(cut);
  };
  const std::vector<std::uint32_t> said = units(hypothesis);
  EditCounts best;
  double lowest = -1;
  for (const std::string_view reference : references) {
    const std::vector<std::uint32_t> expected = units(reference);
    const EditCounts counts = count_edits(expected, said);
    const double found = rate(static_cast<double>(counts.errors()), static_cast<double>(expected.size()));
    if (lowest >= 0 && found >= lowest) continue;
    lowest = found;
    best = counts;
  }
  const std::array counted{best.hits, best.substitutions, best.deletions, best.insertions};
  for (std::size_t i = 0; i < counted.size(); ++i) statistics[i] = static_cast<double>(counted[i]);
}

double ErrorRate::score(std::span<const double> sums) const {
  return 100 * rate(sums[1] + sums[2] + sums[3], sums[0] + sums[1] + sums[2]);
}

Json ErrorRate::parts(std::span<const double> sums) const {
  const auto whole = [](double number) { return static_cast<std::int64_t>(number); };
  return {{"hits", whole(sums[0])},
          {"substitutions", whole(sums[1])},
          {"deletions", whole(sums[2])},
          {"insertions", whole(sums[3])},
          {"reference_length", whole(sums[0] + sums[1] + sums[2])}};
}

std::string ErrorRate::settings() const {
  return fmt::format("case:{}|punct:{}", options_.lowercase ? "lc" : "mixed",
                     options_.no_punctuation ? "no" : "yes");
}

}  // namespace regard
