#include "regard/metrics/ter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "regard/base/error.h"
#include "regard/metrics/punctuation.h"
#include "regard/metrics/ter_edits.h"
#include "regard/metrics/words.h"
#include "regard/text/clean_up.h"
#include "regard/text/code_points.h"
#include "regard/text/lowercase.h"
#include "regard/text/unicode.h"

namespace regard {
namespace {

struct CodeRange {
  std::uint32_t first, last;
};

// The blocks that tercom splits into characters. U+3200 to U+3F22 is wider than the block it stands for and
// takes the first half of extension A, which is split at any rate.
constexpr std::array split_apart{CodeRange{0x2E80, 0x2EFF}, CodeRange{0x31C0, 0x31EF},
                                 CodeRange{0x3200, 0x3F22}, CodeRange{0x3400, 0x4DBF},
                                 CodeRange{0x4E00, 0x9FFF}, CodeRange{0xF900, 0xFAFF},
                                 CodeRange{0xFE30, 0xFE4F}};
// Punctuation of Chinese and Japanese, also in full width.
constexpr std::array asian_marks{
    CodeRange{0x3001, 0x3002}, CodeRange{0x3008, 0x3011}, CodeRange{0x3014, 0x301F},
    CodeRange{0x30FB, 0x30FB}, CodeRange{0xFF01, 0xFF02}, CodeRange{0xFF08, 0xFF09},
    CodeRange{0xFF0C, 0xFF0C}, CodeRange{0xFF0E, 0xFF0E}, CodeRange{0xFF1A, 0xFF1B},
    CodeRange{0xFF1F, 0xFF1F}, CodeRange{0xFF61, 0xFF65}};

template <std::size_t n>
bool within(std::uint32_t code, const std::array<CodeRange, n>& ranges) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [code](const CodeRange& r) { return code >= r.first && code <= r.last; });
}

std::string normalized(std::string text) {
  replace_all(text, "\n-", "");
  replace_all(text, "\n", " ");
  unescape_entities(text);
  text = set_punctuation_apart(" " + text + " ");
  replace_all(text, "'s ", " 's ");
  return set_stops_and_dashes_apart(text);
}

// Kana stay together: tercom's rules for them are bound to the beginning of a line, where normalization has
// put a blank.
std::string asian_apart(std::string_view text) {
  std::string made;
  for (const std::uint32_t code : code_points(text)) {
    const bool alone = within(code, split_apart) || within(code, asian_marks);
    if (alone) made += ' ';
    append_utf8(made, code);
    if (alone) made += ' ';
  }
  return made;
}

std::string without_marks(std::string_view text, const TerOptions& options) {
  std::string made;
  for (const std::uint32_t code : code_points(text)) {
    const bool mark =
        code < 0x80 && std::string_view(".,?:;!\"()").find(static_cast<char>(code)) != std::string_view::npos;
    if (!mark && !(options.asian_support && within(code, asian_marks))) append_utf8(made, code);
  }
  return made;
}

}  // namespace

std::string tokenize_for_ter(std::string_view line, const TerOptions& options) {
  std::string text(trim_end(line));
  if (text.empty()) return text;
  if (!options.case_sensitive) text = lowercase(text);
  if (options.normalized) text = normalized(std::move(text));
  if (options.normalized && options.asian_support) text = asian_apart(text);
  if (options.no_punct) text = without_marks(text, options);
  return with_single_spaces(text);
}

void Ter::count(std::string_view hypothesis, std::span<const std::string_view> references,
                std::span<double> statistics) const {
  if (references.empty()) throw UsageError("ter: found no reference, expected at least one");
  WordNumbers numbers;
  const auto words = [&](std::string_view text) {
    const std::string cut = tokenize_for_ter(replace_invalid_utf8(text), options_);
    return numbers.numbered(split_white_space(cut));
  };
  const auto said = words(hypothesis);
  std::int64_t fewest = std::numeric_limits<std::int64_t>::max();
  std::size_t length = 0;
  for (const std::string_view reference : references) {
    const auto expected = words(reference);
    fewest = std::min(fewest, translation_edits(said, expected));
    length += expected.size();
  }
  statistics[0] = static_cast<double>(fewest);
  statistics[1] = static_cast<double>(length) / static_cast<double>(references.size());
}

double Ter::score(std::span<const double> sums) const {
  if (sums[1] > 0) return 100 * (sums[0] / sums[1]);
  return sums[0] > 0 ? 100 : 0;  // something, or nothing, where nothing should be
}

Json Ter::parts(std::span<const double> sums) const {
  return {{"edits", static_cast<std::int64_t>(sums[0])}, {"reference_length", sums[1]}};
}

std::string Ter::settings() const {
  const auto yes = [](bool on) { return on ? "yes" : "no"; };
  return fmt::format("case:{}|tok:tercom|norm:{}|punct:{}|asian:{}", options_.case_sensitive ? "mixed" : "lc",
                     yes(options_.normalized), yes(!options_.no_punct), yes(options_.asian_support));
}

}  // namespace regard
