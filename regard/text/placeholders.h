#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "regard/text/pattern.h"

namespace regard {

// Parts of a text that no translation may change: fields of a message ({name}, {{ name }}, ${HOME}, %s, %1$d,
// %(count)d), tags and entities of markup (<b>, </a>, <br/>, &nbsp;), addresses of the web (https://...,
// www.) and of e-mail. From left to right, without overlap.
std::vector<TextSpan> usual_placeholders(std::string_view text);

// What is kept verbatim: the usual things, the user's patterns, or both.
class PlaceholderRules {
 public:
  PlaceholderRules() = default;
  // UsageError: a pattern is no regular expression.
  PlaceholderRules(bool usual, const std::vector<std::string>& patterns);

  bool empty() const { return !usual_ && patterns_.empty(); }
  // From left to right; of parts that overlap the one that begins first, of those the longest. Valid UTF-8.
  std::vector<TextSpan> find(std::string_view text) const;

 private:
  bool usual_ = false;
  std::vector<Pattern> patterns_;
};

}  // namespace regard
