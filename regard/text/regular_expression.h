#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "regard/base/json.h"
#include "regard/text/aligned_text.h"

namespace regard {

// A regular expression of Oniguruma, the engine of the Python package `tokenizers`. Immutable: threads may
// share one.
class RegularExpression {
 public:
  // InputError names the field: the pattern is no regular expression or is longer than 10,000 bytes.
  RegularExpression(const std::string& pattern, const JsonField& field);
  // A pattern that matches exactly this text.
  static RegularExpression literal(std::string_view text, const JsonField& field);
  ~RegularExpression();
  RegularExpression(RegularExpression&&) noexcept;
  RegularExpression& operator=(RegularExpression&&) noexcept;

  // The matches in valid UTF-8 from left to right, none inside another; an empty one never directly behind
  // another match. InputError where a match would take more than 10 million steps back.
  void find_all(std::string_view text, std::vector<ByteRange>& matches) const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

// A field {"String": "..."} or {"Regex": "..."}.
RegularExpression parse_pattern(const JsonField& field);

}  // namespace regard
