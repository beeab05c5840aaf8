#pragma once

#include <optional>
#include <string>
#include <vector>

#include "regard/base/json.h"
#include "regard/text/tokenizer.h"

namespace regard {

// The fields "truncation" and "padding" of tokenizer.json; nothing for null. InputError names the field: a
// length out of range, or a stride that is not less than the length.
std::optional<Truncation> parse_truncation(const JsonField& field);
std::optional<Padding> parse_padding(const JsonField& field);

// A text's tokens in pieces of a limited length; the first is what is kept of it.
using TokenRuns = std::vector<std::vector<Token>>;

// Cuts the tokens of one text, or of two, so that together they are at most `truncation.max_length`, in which
// special tokens do not count here. InputError: only_first or only_second cannot cut enough; UsageError: the
// stride is not less than what is left.
struct TruncatedTexts {
  TokenRuns first;
  std::optional<TokenRuns> second;
};
void truncate(TruncatedTexts& texts, const Truncation& truncation);

}  // namespace regard
