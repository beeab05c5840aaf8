#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "regard/text/words.h"

namespace regard {

// A regular expression of the user's (regard/text/regular_expression.h). Immutable: threads may share it.
class Pattern {
 public:
  // UsageError says what is wrong with it, and where.
  explicit Pattern(std::string_view expression);
  ~Pattern();
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;

  // Its matches in valid UTF-8, from left to right, without overlap and without empty ones. InputError where
  // the expression takes more than ten million steps on this text: the work is bounded, whatever the user
  // wrote.
  std::vector<TextSpan> find(std::string_view text) const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace regard
