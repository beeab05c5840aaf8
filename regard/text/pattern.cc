#include "regard/text/pattern.h"

#include <fmt/format.h>

#include "regard/base/error.h"
#include "regard/base/json.h"
#include "regard/text/regular_expression.h"

namespace regard {

struct Pattern::Impl {
  std::string text;
  RegularExpression expression;
};

namespace {

RegularExpression compiled(const std::string& text) {
  const Json json(text);
  try {
    return RegularExpression(text, JsonField(json, "the pattern"));
  } catch (const InputError& error) {
    throw UsageError(error.what());
  }
}

}  // namespace

Pattern::Pattern(std::string_view expression)
    : impl_(new Impl{std::string(expression), compiled(std::string(expression))}) {}

Pattern::~Pattern() = default;
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;

std::vector<TextSpan> Pattern::find(std::string_view text) const {
  std::vector<ByteRange> matches;
  try {
    impl_->expression.find_all(text, matches);
  } catch (const InputError& error) {
    throw InputError(fmt::format("the pattern {} on the text {}: {}", printable(impl_->text), printable(text),
                                 error.what()));
  }
  std::vector<TextSpan> found;
  for (const ByteRange& match : matches)
    if (match.begin < match.end) found.push_back({match.begin, match.end});
  return found;
}

}  // namespace regard
