#include "regard/metrics/bleu_tokenizer.h"

#include <algorithm>
#include <array>

#include "regard/metrics/punctuation.h"
#include "regard/text/clean_up.h"
#include "regard/text/code_points.h"
#include "regard/text/unicode.h"

namespace regard {
namespace {

using Codes = std::vector<std::uint32_t>;

// What the zh tokenizer takes for Chinese. sacreBLEU means its fifth pair to be U+20000 to U+2A6D6 (extension
// B) but writes it with four digits and a character more, which Python compares as U+2001 to U+2A6D: dashes,
// quotation marks, arrows and mathematics. Equal scores are worth more than the better list; the characters
// of the higher planes are left together as there.
struct CodeRange {
  std::uint32_t first, last;
};
constexpr std::array chinese{CodeRange{0x2001, 0x2A6D}, CodeRange{0x2E80, 0x2EFF}, CodeRange{0x2F00, 0x2FDF},
                             CodeRange{0x2FF0, 0x303F}, CodeRange{0x3100, 0x312F}, CodeRange{0x31A0, 0x31BF},
                             CodeRange{0x31C0, 0x31EF}, CodeRange{0x3200, 0x33FF}, CodeRange{0x3400, 0x4DB5},
                             CodeRange{0x4E00, 0x9FBB}, CodeRange{0xF900, 0xFA2D}, CodeRange{0xFA30, 0xFA6A},
                             CodeRange{0xFA70, 0xFAD9}, CodeRange{0xFE10, 0xFE1F}, CodeRange{0xFE30, 0xFE4F},
                             CodeRange{0xFF00, 0xFFEF}};

bool is_chinese(std::uint32_t code) {
  return std::any_of(chinese.begin(), chinese.end(),
                     [code](const CodeRange& r) { return code >= r.first && code <= r.last; });
}

// Characters for which `apart` holds, each between blanks.
template <class Apart>
std::string set_apart(std::string_view text, Apart&& apart) {
  std::string made;
  made.reserve(2 * text.size());
  for (const std::uint32_t code : code_points(text)) {
    const bool alone = apart(code);
    if (alone) made += ' ';
    append_utf8(made, code);
    if (alone) made += ' ';
  }
  return made;
}

std::string tokenize_zh(std::string_view text) {
  return with_single_spaces(
      set_stops_and_dashes_apart(set_punctuation_apart(set_apart(trim(text), is_chinese))));
}

// Pairs from left to right without overlap, as a regular expression would find them: a blank between the two
// and another before or behind.
enum class Blank : std::uint8_t { before, behind };
template <class Match>
Codes rewrite_pairs(const Codes& codes, Match&& match, Blank other) {
  Codes made;
  made.reserve(codes.size() + 16);
  for (std::size_t i = 0; i < codes.size();) {
    if (i + 1 >= codes.size() || !match(codes[i], codes[i + 1])) {
      made.push_back(codes[i++]);
      continue;
    }
    if (other == Blank::before) made.push_back(' ');
    made.insert(made.end(), {codes[i], ' ', codes[i + 1]});
    if (other == Blank::behind) made.push_back(' ');
    i += 2;
  }
  return made;
}

std::string tokenize_intl(std::string_view text) {
  Codes codes = code_points(text);
  codes = rewrite_pairs(
      codes, [](std::uint32_t a, std::uint32_t b) { return !is_number(a) && is_punctuation(b); },
      Blank::behind);
  codes = rewrite_pairs(
      codes, [](std::uint32_t a, std::uint32_t b) { return is_punctuation(a) && !is_number(b); },
      Blank::before);
  return with_single_spaces(set_apart(to_utf8(codes), is_symbol));
}

}  // namespace

const std::vector<std::string>& bleu_tokenizer_names() {
  static const std::vector<std::string> names{"13a", "intl", "zh", "char", "none"};
  return names;
}

std::string name_of(BleuTokenizer tokenizer) {
  return bleu_tokenizer_names()[static_cast<std::size_t>(tokenizer)];
}

std::optional<BleuTokenizer> bleu_tokenizer_named(std::string_view name) {
  const auto& names = bleu_tokenizer_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<BleuTokenizer>(found - names.begin());
}

std::string tokenize_13a(std::string_view line) {
  std::string text(line);
  replace_all(text, "<skipped>", "");
  replace_all(text, "-\n", "");
  replace_all(text, "\n", " ");
  unescape_entities(text);
  return with_single_spaces(set_stops_and_dashes_apart(set_punctuation_apart(" " + text + " ")));
}

std::string tokenize_for_bleu(std::string_view text, BleuTokenizer tokenizer) {
  switch (tokenizer) {
    case BleuTokenizer::v13a:
      return tokenize_13a(trim_end(text));
    case BleuTokenizer::intl:
      return tokenize_intl(trim_end(text));
    case BleuTokenizer::zh:
      return tokenize_zh(text);
    case BleuTokenizer::character:
      return with_single_spaces(set_apart(text, [](std::uint32_t) { return true; }));
    case BleuTokenizer::none:
      break;
  }
  return std::string(text);
}

}  // namespace regard
