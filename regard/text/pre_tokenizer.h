#pragma once

#include <memory>

#include "regard/base/json.h"
#include "regard/text/section.h"

namespace regard {

// A step of a tokenizer that cuts text into pieces: one of the types of tokenizer.json's "pre_tokenizer".
class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  virtual void split(Section& section) const = 0;
};

// The field "pre_tokenizer" of tokenizer.json; nothing for null. InputError names the field.
std::unique_ptr<PreTokenizer> parse_pre_tokenizer(const JsonField& field);

}  // namespace regard
