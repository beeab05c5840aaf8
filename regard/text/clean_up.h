#pragma once

#include <string>
#include <string_view>

namespace regard {

void replace_all(std::string& text, std::string_view from, std::string_view to);

// Takes back spaces that tokenization put before punctuation and shortened English words: as transformers
// does on a whole text (clean_up_tokenization_spaces), and as `tokenizers` does on each token.
void clean_up_text(std::string& text);
void clean_up_token(std::string& token);

}  // namespace regard
