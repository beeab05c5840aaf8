#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "regard/base/json.h"
#include "regard/text/tokenizer.h"

namespace regard {

// What follows after texts were split: special tokens around them, types of segments, trimmed offsets. One of
// the types of tokenizer.json's "post_processor".
class PostProcessor {
 public:
  using Texts = std::span<const std::string_view>;

  virtual ~PostProcessor() = default;

  // How many special tokens one text, or a pair, gets.
  virtual std::size_t added(std::size_t texts) const = 0;

  // The tokens of one text or two, with the types 0 and 1, become runs whose sequence is the encoding.
  // Special tokens are added where `special` says keep. `texts` are what the offsets count in.
  virtual void finish(std::vector<std::vector<Token>>& runs, SpecialTokens special, Texts texts) const = 0;
};

// The field "post_processor" of tokenizer.json; nothing for null. InputError names the field.
std::unique_ptr<PostProcessor> parse_post_processor(const JsonField& field);

}  // namespace regard
