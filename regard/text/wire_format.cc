#include "regard/text/wire_format.h"

#include <fmt/format.h>

#include "regard/base/error.h"

namespace regard {

std::optional<WireField> WireReader::next() {
  if (rest_.empty()) return std::nullopt;
  const std::uint64_t key = varint();
  WireField field;
  field.number = key >> 3;
  if (field.number == 0) fail();
  switch (key & 7U) {
    case 0:
      field.value = varint();
      break;
    case 1:
      field.value = fixed(8);
      break;
    case 2:
      field.bytes = take(varint());
      break;
    case 5:
      field.value = fixed(4);
      break;
    default:
      fail();
  }
  return field;
}

void WireReader::fail() const {
  throw InputError(
      fmt::format("{}: not a SentencePiece model: damaged {} bytes before its end", name_, rest_.size()));
}

std::string_view WireReader::take(std::uint64_t size) {
  if (size > rest_.size()) fail();
  const std::string_view part = rest_.substr(0, static_cast<std::size_t>(size));
  rest_.remove_prefix(part.size());
  return part;
}

std::uint64_t WireReader::fixed(std::size_t size) {
  const std::string_view part = take(size);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i)
    value |= std::uint64_t{static_cast<unsigned char>(part[i])} << (8 * i);
  return value;
}

std::uint64_t WireReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(take(1)[0]);
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return value;
  }
  fail();
}

}  // namespace regard
