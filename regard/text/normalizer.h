#pragma once

#include <memory>

#include "regard/base/json.h"
#include "regard/text/aligned_text.h"

namespace regard {

// A step of a tokenizer that changes text before it is cut: one of the types of tokenizer.json's
// "normalizer".
class Normalizer {
 public:
  virtual ~Normalizer() = default;
  virtual void normalize(AlignedText& text) const = 0;
};

// The field "normalizer" of tokenizer.json; nothing for null. InputError names the field: an unknown type, a
// missing or unfit setting.
std::unique_ptr<Normalizer> parse_normalizer(const JsonField& field);

}  // namespace regard
