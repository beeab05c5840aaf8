#include "regard/data/pairs.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>

namespace regard::data {
namespace {

constexpr std::size_t pairs_per_begin = 64;
constexpr std::size_t longest = 65535;  // what a length of two bytes holds

bool longer_than(std::size_t length, std::int64_t limit) {
  return length > longest || (limit > 0 && length > static_cast<std::size_t>(limit));
}

std::uint32_t checksum_of(std::uint32_t sum, const void* data, std::size_t bytes) {
  return static_cast<std::uint32_t>(::crc32_z(sum, static_cast<const Bytef*>(data), bytes));
}

}  // namespace

void SideLengths::add(std::span<const std::int32_t> ids) {
  if (lengths_.empty()) begins_sum_ = checksum_of(0, &tokens_, sizeof tokens_);
  lengths_.push_back(static_cast<std::uint16_t>(ids.size()));
  tokens_ += ids.size();
  ids_sum_ = checksum_of(ids_sum_, ids.data(), ids.size_bytes());
  begins_sum_ = checksum_of(begins_sum_, &tokens_, sizeof tokens_);
}

std::uint32_t SideLengths::checksum() const {
  const std::uint64_t zero = 0;
  const std::uint32_t begins = lengths_.empty() ? checksum_of(0, &zero, sizeof zero) : begins_sum_;
  const auto bytes = static_cast<z_off_t>((lengths_.size() + 1) * sizeof tokens_);
  return static_cast<std::uint32_t>(::crc32_combine(ids_sum_, begins, bytes));
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
  if (size() % pairs_per_begin == 0) begins_.push_back(sources_.tokens() + targets_.tokens());
  store_->append(source);
  store_->append(target);
  sources_.add(source);
  targets_.add(target);
  return true;
}

void Pairs::read(std::size_t pair, PairIds& ids) const {
  std::uint64_t begin = begins_[pair / pairs_per_begin];
  for (std::size_t i = pair / pairs_per_begin * pairs_per_begin; i < pair; ++i)
    begin += std::uint64_t{sources_.length(i)} + targets_.length(i);
  ids.source.resize(sources_.length(pair));
  ids.target.resize(targets_.length(pair));
  store_->read(begin, ids.source);
  store_->read(begin + ids.source.size(), ids.target);
}

}  // namespace regard::data
