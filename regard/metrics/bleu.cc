#include "regard/metrics/bleu.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "regard/base/error.h"
#include "regard/metrics/ngram_numbers.h"
#include "regard/metrics/words.h"
#include "regard/text/lowercase.h"
#include "regard/text/unicode.h"

namespace regard {
namespace {

double smoothing_value(const BleuOptions& options) {
  return options.smoothing_value.value_or(options.smoothing == BleuSmoothing::floor ? 0.1 : 1.0);
}

}  // namespace

const std::vector<std::string>& bleu_smoothing_names() {
  static const std::vector<std::string> names{"exp", "floor", "add-k", "none"};
  return names;
}

std::optional<BleuSmoothing> bleu_smoothing_named(std::string_view name) {
  const auto& names = bleu_smoothing_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<BleuSmoothing>(found - names.begin());
}

Bleu::Bleu(const BleuOptions& options) : options_(options) {
  if (options.max_order < 1 || options.max_order > 8) {
    throw UsageError(fmt::format("bleu: found max_order {}, expected 1 to 8", options.max_order));
  }
}

std::vector<std::uint32_t> Bleu::words(std::string_view text, WordNumbers& numbers) const {
  std::string valid = replace_invalid_utf8(text);
  if (options_.lowercase) valid = lowercase(valid);
  const std::string cut = tokenize_for_bleu(valid, options_.tokenizer);
  return numbers.numbered(split_white_space(cut));
}

void Bleu::count(std::string_view hypothesis, std::span<const std::string_view> references,
                 std::span<double> statistics) const {
  if (references.empty()) throw UsageError("bleu: found no reference, expected at least one");
  const auto orders = static_cast<std::size_t>(options_.max_order);
  WordNumbers numbers;
  NgramNumbers ngrams(options_.max_order);
  const auto said = words(hypothesis, numbers);
  const auto length = static_cast<std::int64_t>(said.size());
  const auto counts = ngrams.counts(said);
  std::vector<NgramCounts> best(orders);  // the most that one reference has of each
  std::int64_t closest = -1;
  for (const std::string_view reference : references) {
    const auto expected = words(reference, numbers);
    const auto size = static_cast<std::int64_t>(expected.size());
    const auto distance = std::abs(size - length);
    const auto least = std::abs(closest - length);
    if (closest < 0 || distance < least || (distance == least && size < closest)) closest = size;
    const auto other = ngrams.counts(expected);
    for (std::size_t n = 0; n < orders; ++n) raise_to(best[n], other[n]);
  }
  statistics[0] = static_cast<double>(length);
  statistics[1] = static_cast<double>(closest);
  for (std::size_t n = 0; n < orders; ++n) {
    statistics[2 + n] = static_cast<double>(matches(counts[n], best[n]));
    statistics[2 + orders + n] = static_cast<double>(total(counts[n]));
  }
}

BleuScore Bleu::details(std::span<const double> sums) const {
  const auto whole = [](double x) { return static_cast<std::int64_t>(x); };
  const auto orders = static_cast<std::size_t>(options_.max_order);
  BleuScore counts;
  counts.hypothesis_length = whole(sums[0]);
  counts.reference_length = whole(sums[1]);
  for (std::size_t n = 0; n < orders; ++n) {
    counts.correct.push_back(whole(sums[2 + n]));
    counts.total.push_back(whole(sums[2 + orders + n]));
  }
  return bleu_of_counts(counts, options_);
}

double Bleu::score(std::span<const double> sums) const { return details(sums).score; }

Json Bleu::parts(std::span<const double> sums) const {
  const BleuScore score = details(sums);
  return {{"precisions", score.precisions},
          {"correct", score.correct},
          {"total", score.total},
          {"brevity_penalty", score.brevity_penalty},
          {"hypothesis_length", score.hypothesis_length},
          {"reference_length", score.reference_length}};
}

std::string Bleu::settings() const {
  std::string smoothing = bleu_smoothing_names()[static_cast<std::size_t>(options_.smoothing)];
  if (options_.smoothing == BleuSmoothing::floor || options_.smoothing == BleuSmoothing::add_k)
    smoothing += fmt::format("[{:.2f}]", smoothing_value(options_));
  const std::string order = options_.max_order == 4 ? "" : fmt::format("|order:{}", options_.max_order);
  return fmt::format("case:{}|eff:{}|tok:{}|smooth:{}{}", options_.lowercase ? "lc" : "mixed",
                     options_.effective_order ? "yes" : "no", name_of(options_.tokenizer), smoothing, order);
}

BleuScore bleu_of_counts(const BleuScore& counts, const BleuOptions& options) {
  BleuScore made = counts;
  const std::size_t orders = counts.correct.size();
  made.score = 0;
  made.precisions.assign(orders, 0.0);
  made.brevity_penalty = 1;
  const auto said = static_cast<double>(counts.hypothesis_length);
  const auto expected = static_cast<double>(counts.reference_length);
  if (said < expected) made.brevity_penalty = said > 0 ? std::exp(1 - expected / said) : 0.0;
  if (std::all_of(counts.correct.begin(), counts.correct.end(), [](std::int64_t n) { return n == 0; }))
    return made;

  double halved = 1;
  std::size_t effective = orders;
  for (std::size_t n = 0; n < orders; ++n) {
    const double added = options.smoothing == BleuSmoothing::add_k && n > 0 ? smoothing_value(options) : 0.0;
    const double correct = static_cast<double>(counts.correct[n]) + added;
    const double total = static_cast<double>(counts.total[n]) + added;
    if (total == 0) break;
    if (options.effective_order) effective = n + 1;
    if (correct > 0) {
      made.precisions[n] = 100 * correct / total;
    } else if (options.smoothing == BleuSmoothing::exp) {
      halved *= 2;
      made.precisions[n] = 100 / (halved * total);
    } else if (options.smoothing == BleuSmoothing::floor) {
      made.precisions[n] = 100 * smoothing_value(options) / total;
    }
  }
  // An order without n-grams, or without smoothing, makes the mean vanish: log 0 stands for minus infinity.
  double sum = 0;
  for (std::size_t n = 0; n < effective; ++n) sum += std::log(made.precisions[n]);
  made.score = made.brevity_penalty * std::exp(sum / static_cast<double>(effective));
  return made;
}

BleuScore corpus_bleu(std::span<const std::string> hypotheses,
                      std::span<const std::vector<std::string>> references, const BleuOptions& options) {
  const Bleu bleu(options);
  return bleu.details(count_segments(bleu, {hypotheses, references}).sums());
}

}  // namespace regard
