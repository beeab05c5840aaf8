#include "regard/text/tokenizer.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/base/error.h"
#include "regard/text/encoding_limits.h"
#include "regard/text/subword_vocabulary.h"

namespace regard {

SubwordVocabulary Tokenizer::subwords(TextSide) const {
  throw UsageError("this tokenizer has no pieces with scores, from which segmentations could be sampled");
}

Encoding Tokenizer::encode(const TextPair& texts, const EncodeOptions& options) const {
  if (texts.second) throw UsageError("this tokenizer takes one text, found two");
  std::vector<Token> tokens = encode(texts.first, options.side);
  // Special tokens stand at both ends; a text may hold some itself.
  const auto added = [](const Token& token) { return token.special && token.begin == token.end; };
  const auto begin = std::find_if_not(tokens.begin(), tokens.end(), added);
  const auto end = std::find_if_not(tokens.rbegin(), std::make_reverse_iterator(begin), added).base();
  const std::vector<Token> before(tokens.begin(), begin);
  const std::vector<Token> behind(end, tokens.end());
  TruncatedTexts parts;
  parts.first.emplace_back(begin, end);
  if (options.truncation) {
    Truncation truncation = *options.truncation;
    const std::size_t specials = options.special_tokens ? before.size() + behind.size() : 0;
    if (truncation.max_length < specials) {
      throw UsageError(
          fmt::format("truncation: found max_length {}, expected at least {}, the special tokens",
                      truncation.max_length, specials));
    }
    truncation.max_length -= specials;
    truncate(parts, truncation);
  }
  Encoding made;
  for (std::size_t i = 0; i < parts.first.size(); ++i) {
    std::vector<Token>& run = parts.first[i];
    if (options.special_tokens) {
      run.insert(run.begin(), before.begin(), before.end());
      run.insert(run.end(), behind.begin(), behind.end());
    }
    (i == 0 ? made.tokens : made.overflow.emplace_back()) = std::move(run);
  }
  return made;
}

}  // namespace regard
