#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace regard {

// How BLEU cuts a segment into words. All give what sacreBLEU's tokenizer of the same name gives.
enum class BleuTokenizer : std::uint8_t {
  v13a,       // of mteval-v13a.pl, which WMT uses
  intl,       // of mteval-v14.pl: punctuation and symbols of every script apart
  zh,         // Chinese characters each by itself, the rest as 13a does
  character,  // every character by itself
  none        // at white space alone
};

// "13a", "intl", "zh", "char", "none".
const std::vector<std::string>& bleu_tokenizer_names();
std::string name_of(BleuTokenizer tokenizer);
std::optional<BleuTokenizer> bleu_tokenizer_named(std::string_view name);

// Words joined by single spaces; `none` gives the text as it is. `text` is valid UTF-8.
std::string tokenize_for_bleu(std::string_view text, BleuTokenizer tokenizer);
std::string tokenize_13a(std::string_view text);

}  // namespace regard
