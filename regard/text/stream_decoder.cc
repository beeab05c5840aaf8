#include "regard/text/stream_decoder.h"

#include <string_view>

namespace regard {
namespace {

constexpr std::string_view kReplacement = "\uFFFD";
constexpr std::size_t kMostWaiting = 32;  // a character has four bytes: what waits longer is no character

}  // namespace

std::string StreamDecoder::release(const std::string& whole) {
  // Where the beginning has changed the new ids stand for themselves.
  std::string text = whole.starts_with(prefix_) ? whole.substr(prefix_.size())
                                                : tokenizer_.decode(std::span(ids_).subspan(known_));
  ids_.erase(ids_.begin(), ids_.begin() + static_cast<std::ptrdiff_t>(known_));
  known_ = ids_.size();
  prefix_ = tokenizer_.decode(ids_);
  return text;
}

std::string StreamDecoder::push(std::int32_t id) {
  ids_.push_back(id);
  const std::string whole = tokenizer_.decode(ids_);
  const bool enough = ids_.size() - known_ >= kMostWaiting;
  if (!enough &&
      (whole.size() <= prefix_.size() || whole.ends_with(kReplacement) || !whole.starts_with(prefix_)))
    return "";
  return release(whole);
}

std::string StreamDecoder::finish() {
  if (ids_.size() == known_) return "";
  return release(tokenizer_.decode(ids_));
}

}  // namespace regard
