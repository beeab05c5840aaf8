#pragma once

#include <memory>
#include <string>
#include <vector>

#include "regard/base/json.h"

namespace regard {

// A step from tokens back to text: one of the types of tokenizer.json's "decoder". What is left in the end is
// joined without spaces.
class Decoder {
 public:
  virtual ~Decoder() = default;
  virtual void decode(std::vector<std::string>& tokens) const = 0;
};

// The field "decoder" of tokenizer.json; nothing for null. InputError names the field.
std::unique_ptr<Decoder> parse_decoder(const JsonField& field);

}  // namespace regard
