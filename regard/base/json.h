#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// JSON, strictly: what two readers could understand in two ways is refused, because a model's files decide
// sizes and offsets. Every error is an InputError that names file, field or byte, what was found and what was
// expected.

namespace regard {

using Json = nlohmann::json;

// RFC 8259 and nothing beyond it. Refused: a key that stands twice in an object, more than 64 levels, NUL or
// anything else after the value, invalid UTF-8, comments, NaN and infinities, an integer outside [-2^63,
// 2^64), a number that overflows a double. `file` is the name used in messages.
Json parse_json(std::string_view text, const std::string& file);
Json read_json(const std::filesystem::path& path, std::uint64_t max_bytes = std::uint64_t{1} << 30);

// As text on one line, or indented by two spaces with a newline at the end. Keys are sorted; invalid UTF-8 is
// written as U+FFFD, NaN and infinities as null: never throws.
std::string to_line(const Json& value);
std::string to_pretty(const Json& value);

// Text from a file as it can stand in a message of one line: control characters, quotes and invalid UTF-8
// escaped as in JSON, and cut to `most` bytes.
std::string printable(std::string_view text, std::size_t most = 100);

// A value inside a JSON document, borrowed, with its place for messages:
//   JsonField config(json, "config.json");
//   config.at("d_model").positive()   "config.json: d_model: found "x", expected a positive whole number"
class JsonField {
 public:
  JsonField(const Json& value, std::string file) : JsonField(value, std::move(file), "") {}

  const Json& value() const { return *value_; }

  // Members of an object. `at` throws where it is missing; `find` is nothing where it is missing or null.
  JsonField at(std::string_view key) const;
  std::optional<JsonField> find(std::string_view key) const;
  bool has(std::string_view key) const { return find(key).has_value(); }
  std::vector<std::string> keys() const;
  std::vector<JsonField> items() const;  // of an array

  // The value as a type. Whole numbers must be written as such (12, not 12.0 or "12").
  bool boolean() const;
  std::int64_t integer() const;
  std::int64_t integer_within(std::int64_t least, std::int64_t most) const;
  std::int64_t positive() const;         // 1 to 2^31 - 1: a size
  std::uint64_t size_or_offset() const;  // 0 to 2^64 - 1
  double number() const;
  const std::string& text() const;
  std::string one_of(std::initializer_list<std::string_view> allowed) const;
  std::vector<std::int64_t> integers() const;

  // The same for a member that may be missing or null.
  bool boolean_or(std::string_view key, bool otherwise) const;
  std::int64_t integer_or(std::string_view key, std::int64_t otherwise) const;
  std::int64_t positive_or(std::string_view key, std::int64_t otherwise) const;
  double number_or(std::string_view key, double otherwise) const;
  std::string text_or(std::string_view key, std::string_view otherwise) const;

  // Throws: found this value, expected that.
  [[noreturn]] void refuse(const std::string& expected) const;
  std::string place() const;  // "file: a.b[3]"

 private:
  JsonField(const Json& value, std::string file, std::string path)
      : value_(&value), file_(std::move(file)), path_(std::move(path)) {}

  const Json* value_;
  std::string file_;
  std::string path_;
};

}  // namespace regard
