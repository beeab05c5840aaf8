#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace regard {

// The protocol buffer wire format, read field by field. Source:
// protobuf.dev/programming-guides/encoding; groups are refused.
struct WireField {
  std::uint64_t number = 0;
  std::uint64_t value = 0;                // of a varint, or the bits of a field of 4 or 8 bytes
  std::optional<std::string_view> bytes;  // of a length-delimited field
};

class WireReader {
 public:
  // `name` is for messages and must outlive this.
  WireReader(std::string_view message, const std::string& name) : rest_(message), name_(name) {}
  // Nothing at the end. InputError where the message is damaged.
  std::optional<WireField> next();

 private:
  [[noreturn]] void fail() const;
  std::string_view take(std::uint64_t size);
  std::uint64_t fixed(std::size_t size);
  std::uint64_t varint();

  std::string_view rest_;
  const std::string& name_;
};

}  // namespace regard
