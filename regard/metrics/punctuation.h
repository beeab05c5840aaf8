#pragma once

#include <string>
#include <string_view>

// The pieces that the tokenizers of mteval-v13a.pl and of tercom share. Bytes serve as characters: what is
// tested for is ASCII, and the bytes of other characters are carried along.

namespace regard {

// &quot; &amp; &lt; &gt; as the characters they stand for.
void unescape_entities(std::string& text);
// Blanks around ASCII punctuation but ' , - . (they have rules of their own, below).
std::string set_punctuation_apart(std::string_view text);
// Full stop and comma stay within a number: apart unless a digit stands before, then unless one stands after;
// then a dash behind a digit.
std::string set_stops_and_dashes_apart(const std::string& text);
// Words joined by single spaces.
std::string with_single_spaces(std::string_view text);

}  // namespace regard
