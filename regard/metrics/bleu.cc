#include "regard/metrics/bleu.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <unordered_map>

#include "regard/base/error.h"
#include "regard/base/version.h"
#include "regard/text/lowercase.h"
#include "regard/text/unicode.h"

namespace regard {
namespace {

// N-grams of all orders with their counts; words are numbered per segment.
using Ngram = std::vector<std::int32_t>;
using Ngrams = std::map<Ngram, std::int64_t>;

struct Words {
  std::unordered_map<std::string, std::int32_t> numbers;

  std::vector<std::int32_t> numbered(const std::vector<std::string_view>& words) {
    std::vector<std::int32_t> out;
    for (const std::string_view word : words) {
      out.push_back(
          numbers.try_emplace(std::string(word), static_cast<std::int32_t>(numbers.size())).first->second);
    }
    return out;
  }
};

Ngrams ngrams_of(const std::vector<std::int32_t>& words, int max_order) {
  Ngrams counts;
  for (std::size_t begin = 0; begin < words.size(); ++begin) {
    const std::size_t longest = std::min(words.size() - begin, static_cast<std::size_t>(max_order));
    for (std::size_t n = 1; n <= longest; ++n) {
      const auto first = words.begin() + static_cast<std::ptrdiff_t>(begin);
      ++counts[Ngram(first, first + static_cast<std::ptrdiff_t>(n))];
    }
  }
  return counts;
}

std::string prepared(std::string_view text, const BleuOptions& options) {
  std::string valid = replace_invalid_utf8(text);
  if (options.lowercase) valid = lowercase(valid);
  if (options.tokenizer == BleuTokenizer::none) return valid;
  return tokenize_13a(trim_end(valid));
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

bool digit(char c) { return c >= '0' && c <= '9'; }
bool stop_or_comma(char c) { return c == '.' || c == ','; }

// ASCII punctuation but ' , - . (and the space, which separates anyway).
bool always_apart(char c) {
  return (c >= ' ' && c <= '&') || (c >= '(' && c <= '+') || c == '/' || (c >= ':' && c <= '@') ||
         (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

// The rules below look at pairs of characters from left to right without overlap, as a regular expression
// would. Bytes serve as characters: what is tested for is ASCII.
template <class Match, class Write>
std::string rewrite_pairs(const std::string& text, Match&& match, Write&& write) {
  std::string out;
  out.reserve(text.size() + 16);
  for (std::size_t i = 0; i < text.size();) {
    if (i + 1 < text.size() && match(text[i], text[i + 1])) {
      write(out, text[i], text[i + 1]);
      i += 2;
    } else {
      out += text[i++];
    }
  }
  return out;
}

double smoothing_value(const BleuOptions& options) {
  return options.smoothing_value.value_or(options.smoothing == BleuSmoothing::floor ? 0.1 : 1.0);
}

}  // namespace

std::string tokenize_13a(std::string_view line) {
  std::string text(line);
  replace_all(text, "<skipped>", "");
  replace_all(text, "-\n", "");
  replace_all(text, "\n", " ");
  replace_all(text, "&quot;", "\"");
  replace_all(text, "&amp;", "&");
  replace_all(text, "&lt;", "<");
  replace_all(text, "&gt;", ">");
  std::string apart = " ";
  for (const char c : text) {
    if (always_apart(c)) {
      apart += ' ';
      apart += c;
      apart += ' ';
    } else {
      apart += c;
    }
  }
  apart += ' ';
  // Full stop and comma stay in a number: apart unless a digit stands before, then unless one stands after.
  apart = rewrite_pairs(
      apart, [](char a, char b) { return !digit(a) && stop_or_comma(b); },
      [](std::string& out, char a, char b) {
        for (const char c : {a, ' ', b, ' '}) out += c;
      });
  apart = rewrite_pairs(
      apart, [](char a, char b) { return stop_or_comma(a) && !digit(b); },
      [](std::string& out, char a, char b) {
        for (const char c : {' ', a, ' ', b}) out += c;
      });
  apart = rewrite_pairs(
      apart, [](char a, char b) { return digit(a) && b == '-'; },
      [](std::string& out, char a, char b) {
        for (const char c : {a, ' ', b, ' '}) out += c;
      });
  return fmt::format("{}", fmt::join(split_white_space(apart), " "));
}

BleuCounter::BleuCounter(const BleuOptions& options) : options_(options) {
  if (options.max_order < 1 || options.max_order > 8) {
    throw UsageError(fmt::format("bleu: found max_order {}, expected 1 to 8", options.max_order));
  }
  counts_.correct.resize(static_cast<std::size_t>(options.max_order));
  counts_.total.resize(static_cast<std::size_t>(options.max_order));
}

void BleuCounter::add(std::string_view hypothesis, std::span<const std::string_view> references) {
  if (references.empty()) throw UsageError("bleu: found no reference, expected at least one");
  Words words;
  const std::string said = prepared(hypothesis, options_);
  const auto numbers = words.numbered(split_white_space(said));
  const auto length = static_cast<std::int64_t>(numbers.size());
  Ngrams best;  // the most that one reference has of each
  std::int64_t closest = -1;
  for (const std::string_view reference : references) {
    const std::string expected = prepared(reference, options_);
    const auto other = words.numbered(split_white_space(expected));
    const auto size = static_cast<std::int64_t>(other.size());
    const auto distance = std::abs(size - length);
    const auto least = std::abs(closest - length);
    if (closest < 0 || distance < least || (distance == least && size < closest)) closest = size;
    for (const auto& [ngram, count] : ngrams_of(other, options_.max_order)) {
      auto& kept = best[ngram];
      kept = std::max(kept, count);
    }
  }
  counts_.hypothesis_length += length;
  counts_.reference_length += closest;
  for (const auto& [ngram, count] : ngrams_of(numbers, options_.max_order)) {
    counts_.total[ngram.size() - 1] += count;
    const auto found = best.find(ngram);
    if (found != best.end()) counts_.correct[ngram.size() - 1] += std::min(count, found->second);
  }
}

BleuScore BleuCounter::score() const { return bleu_of_counts(counts_, options_); }

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
  for (std::size_t r = 0; r < references.size(); ++r) {
    if (references[r].size() != hypotheses.size()) {
      throw InputError(fmt::format("bleu: found {} lines in reference {}, expected {} as in the hypotheses",
                                   references[r].size(), r + 1, hypotheses.size()));
    }
  }
  BleuCounter counter(options);
  std::vector<std::string_view> each(references.size());
  for (std::size_t i = 0; i < hypotheses.size(); ++i) {
    for (std::size_t r = 0; r < references.size(); ++r) each[r] = references[r][i];
    counter.add(hypotheses[i], each);
  }
  return counter.score();
}

std::string bleu_signature(const BleuOptions& options, std::size_t references) {
  std::string smoothing = "exp";
  if (options.smoothing == BleuSmoothing::none) smoothing = "none";
  if (options.smoothing == BleuSmoothing::floor)
    smoothing = fmt::format("floor[{:.2f}]", smoothing_value(options));
  if (options.smoothing == BleuSmoothing::add_k)
    smoothing = fmt::format("add-k[{:.2f}]", smoothing_value(options));
  const std::string order = options.max_order == 4 ? "" : fmt::format("|order:{}", options.max_order);
  return fmt::format("nrefs:{}|case:{}|eff:{}|tok:{}|smooth:{}{}|version:regard-{}", references,
                     options.lowercase ? "lc" : "mixed", options.effective_order ? "yes" : "no",
                     options.tokenizer == BleuTokenizer::v13a ? "13a" : "none", smoothing, order, version());
}

}  // namespace regard
