#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "regard/text/words.h"

namespace regard {

// The words of running text, parted about as corpora with a tag for each word part them: at white space; each
// character of an unspaced script by itself; marks at a word's ends stand alone ("London." is London and .),
// several equal ones together ("..."); English 's, 'm, 'd, 're, 've and 'll stand alone. Whole stay what has
// a mark inside (well-known, 3.5), abbreviations (U.S., J.), @names, #topics and addresses of the web. Takes
// valid UTF-8.
std::vector<TextSpan> split_words(std::string_view text);

// The runs between white space.
std::vector<TextSpan> split_at_white_space(std::string_view text);

// So many characters (code points) stand before each byte of `text` that a span begins or ends at.
class CharacterCounter {
 public:
  explicit CharacterCounter(std::string_view text) : text_(text) {}
  // The characters in the first `byte` bytes. Fast where each call asks for a later place than the last.
  std::size_t before(std::size_t byte);

 private:
  std::string_view text_;
  std::size_t byte_ = 0, characters_ = 0;
};

}  // namespace regard
