#include "regard/data/pairs.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>

namespace regard::data {
namespace {

bool longer_than(std::size_t length, std::int64_t limit) {
  return limit > 0 && length > static_cast<std::size_t>(limit);
}

std::uint32_t checksum_of(std::uint32_t sum, const void* data, std::size_t bytes) {
  return static_cast<std::uint32_t>(::crc32_z(sum, static_cast<const Bytef*>(data), bytes));
}

}  // namespace

void Sequences::add(std::span<const std::int32_t> ids) {
  ids_.insert(ids_.end(), ids.begin(), ids.end());
  begins_.push_back(ids_.size());
}

std::uint32_t Sequences::checksum() const {
  const std::uint32_t sum = checksum_of(0, ids_.data(), ids_.size() * sizeof(ids_[0]));
  return checksum_of(sum, begins_.data(), begins_.size() * sizeof(begins_[0]));
}

std::string SkippedPairs::to_string() const {
  std::string text;
  auto part = [&](std::int64_t count, const char* what) {
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, what);
  };
  part(empty, "empty");
  part(too_long, "too long");
  part(ratio, "beyond the length ratio");
  return text;
}

bool Pairs::add(std::span<const std::int32_t> source, std::span<const std::int32_t> target) {
  if (source.size() <= 1 || target.size() <= 1) {
    ++skipped_.empty;
    return false;
  }
  if (longer_than(source.size(), limits_.source_length) ||
      longer_than(target.size(), limits_.target_length)) {
    ++skipped_.too_long;
    return false;
  }
  const auto [shorter, longer] = std::minmax({source.size(), target.size()});
  if (limits_.ratio > 0 && static_cast<double>(longer) > limits_.ratio * static_cast<double>(shorter)) {
    ++skipped_.ratio;
    return false;
  }
  sources_.add(source);
  targets_.add(target);
  return true;
}

}  // namespace regard::data
