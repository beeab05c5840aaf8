#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "regard/text/tokenizer.h"

namespace regard {

// Turns ids into text as they come, for output that appears while a model generates. What is returned is
// never taken back and never ends within a character: bytes wait for those that complete them. The parts put
// together are decode() of all ids, but where later ids change text that was already returned (which cleaning
// up spaces can do at a break).
class StreamDecoder {
 public:
  // The tokenizer must outlive this.
  explicit StreamDecoder(const Tokenizer& tokenizer) : tokenizer_(tokenizer) {}

  // The text that an id adds; often empty.
  std::string push(std::int32_t id);
  // What is still held back; U+FFFD for bytes that make no character.
  std::string finish();

 private:
  std::string release(const std::string& whole);

  const Tokenizer& tokenizer_;
  std::vector<std::int32_t> ids_;  // the last ones that made text, for spacing, and those that wait
  std::size_t known_ = 0;          // how many of ids_ have been returned as text
  std::string prefix_;             // the text of those
};

}  // namespace regard
