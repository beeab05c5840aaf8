#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "regard/text/words.h"

// Where a text can be cut to be translated in pieces. Rules, not a trained model: rather too few cuts than
// wrong ones. All take valid UTF-8.

namespace regard {

// The sentences of a text, without the white space between them; nothing for one without any. A sentence ends
// at . ! ? and their CJK, Arabic and Devanagari sisters, with quotes and brackets that close behind them. A
// full stop of the Latin script needs white space after it, and does not end a sentence before a small
// letter, behind an initial ("J. Smith"), a usual abbreviation ("Dr.", "z. B.") or a number of one or two
// digits ("am
// 3. Oktober", "1. First").
std::vector<TextSpan> sentences(std::string_view text);

// The best place to cut a text off within its first `most` bytes: behind the last mark of a clause (, ; : and
// sisters) in the second half of them, else behind the last word, else at the last character. Above 0 and at
// most `most` (one character at least), unless the text is empty.
std::size_t cut_within(std::string_view text, std::size_t most);

// Two translated pieces as one text: by a space, but by none where a script without spaces meets.
std::string joined(std::string_view first, std::string_view second);

}  // namespace regard
