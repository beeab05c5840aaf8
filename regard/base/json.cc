#include "regard/base/json.h"

#include "regard/base/rounding_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "regard/base/error.h"
#include "regard/base/file.h"

namespace regard {
namespace {

constexpr std::size_t kMaxDepth = 64;

// Walks the text and leaves behind how far it came: the parser's own handlers are not told.
struct Cursor {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  const char* at = nullptr;
  const char** reached = nullptr;

  reference operator*() const { return *at; }
  Cursor& operator++() {
    *reached = ++at;
    return *this;
  }
  Cursor operator++(int) {
    Cursor before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Cursor& other) const { return at == other.at; }
};

// Builds the document and refuses what the library itself lets pass: repeated keys, deep nesting, integers
// that would silently become doubles.
class Builder {
 public:
  // Whether integers that 64 bits do not hold are refused or become doubles.
  enum class LargeIntegers : std::uint8_t { refused, rounded };
  Builder(const std::string& file, const char* begin, LargeIntegers large)
      : reached(begin), file_(file), begin_(begin), large_(large) {}

  const char* reached;
  Json root;

  bool null() { return put(nullptr); }
  bool boolean(bool value) { return put(value); }
  bool number_integer(std::int64_t value) { return put(value); }
  bool number_unsigned(std::uint64_t value) { return put(value); }
  bool number_float(double value, const std::string& written) {
    if (large_ == LargeIntegers::refused && written.find_first_of(".eE") == std::string::npos)
      fail("the integer " + written + " is out of range");
    if (!std::isfinite(value)) fail("the number " + written + " is out of range");
    return put(value);
  }
  bool string(std::string& value) { return put(std::move(value)); }
  bool binary(std::vector<std::uint8_t>&) { return false; }
  bool start_object(std::size_t) { return open(Json::object()); }
  bool start_array(std::size_t) { return open(Json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& name) {
    auto [place, inserted] = stack_.back()->get_ref<Json::object_t&>().try_emplace(name);
    if (!inserted) fail("the key \"" + printable(name) + "\" stands twice");
    member_ = &place->second;
    return true;
  }
  bool parse_error(std::size_t position, const std::string& token, const nlohmann::detail::exception& error) {
    if (error.id == 406) fail("the number " + token + " is out of range");
    // The library's own words are the only sign of this case.
    if (std::string_view(error.what()).find("unexpected end of input") != std::string_view::npos) {
      throw InputError(fmt::format("{}: byte {}: the JSON text ends too early", file_, position));
    }
    throw InputError(
        fmt::format("{}: byte {}: not valid JSON near \"{}\"", file_, position, printable(token)));
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw InputError(fmt::format("{}: byte {}: {}", file_, reached - begin_, what));
  }

  template <class V>
  bool put(V&& value) {
    place(Json(std::forward<V>(value)));
    return true;
  }

  Json* place(Json&& value) {
    if (stack_.empty()) {
      root = std::move(value);
      return &root;
    }
    if (stack_.back()->is_array()) {
      auto& items = stack_.back()->get_ref<Json::array_t&>();
      items.push_back(std::move(value));
      return &items.back();
    }
    *member_ = std::move(value);
    return member_;
  }

  bool open(Json&& container) {
    if (stack_.size() == kMaxDepth) fail(fmt::format("found more than {} levels", kMaxDepth));
    stack_.push_back(place(std::move(container)));
    return true;
  }

  bool close() {
    stack_.pop_back();
    return true;
  }

  const std::string& file_;
  const char* begin_;
  LargeIntegers large_;
  // Pointers into `root`: an array grows only while its last element is not on the stack.
  std::vector<Json*> stack_;
  Json* member_ = nullptr;
};

}  // namespace

namespace {

Json parse(std::string_view text, const std::string& file, Builder::LargeIntegers large) {
  // The library takes NUL for the end of the text and ignores what follows.
  if (const void* nul = text.empty() ? nullptr : std::memchr(text.data(), '\0', text.size())) {
    throw InputError(fmt::format("{}: byte {}: found NUL in JSON text", file,
                                 static_cast<const char*>(nul) - text.data()));
  }
  Builder builder(file, text.data(), large);
  const Cursor begin{text.data(), &builder.reached};
  const Cursor end{text.data() + text.size(), &builder.reached};
  Json::sax_parse(begin, end, &builder);
  return std::move(builder.root);
}

}  // namespace

Json parse_json(std::string_view text, const std::string& file) {
  return parse(text, file, Builder::LargeIntegers::refused);
}

Json read_json_rounding(const std::filesystem::path& path) {
  return parse(read_text(path), path.string(), Builder::LargeIntegers::rounded);
}

Json read_json(const std::filesystem::path& path, std::uint64_t max_bytes) {
  return parse_json(read_text(path, max_bytes), path.string());
}

std::string to_line(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string to_pretty(const Json& value) {
  return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string printable(std::string_view text, std::size_t most) {
  std::size_t cut = std::min(text.size(), most);
  while (cut < text.size() && cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
  std::string line = to_line(Json(text.substr(0, cut)));
  line = line.substr(1, line.size() - 2);
  return cut < text.size() ? line + "..." : line;
}

std::string JsonField::place() const {
  if (path_.empty()) return file_;
  return file_ + ": " + path_;
}

void JsonField::refuse(const std::string& expected) const {
  std::string found = to_line(*value_);
  if (found.size() > 60) {
    std::size_t cut = 57;  // at the beginning of a character
    while (cut > 0 && (static_cast<unsigned char>(found[cut]) & 0xC0U) == 0x80U) --cut;
    found.resize(cut);
    found += "...";
  }
  throw InputError(fmt::format("{}: found {}, expected {}", place(), found, expected));
}

std::optional<JsonField> JsonField::find(std::string_view key) const {
  if (!value_->is_object()) refuse("an object");
  const auto& members = value_->get_ref<const Json::object_t&>();
  const auto found = members.find(key);
  if (found == members.end() || found->second.is_null()) return std::nullopt;
  return JsonField(found->second, file_, path_.empty() ? printable(key) : path_ + "." + printable(key));
}

JsonField JsonField::at(std::string_view key) const {
  if (auto found = find(key)) return *found;
  throw InputError(fmt::format("{}: expected the field \"{}\", which is missing", place(), printable(key)));
}

std::vector<std::string> JsonField::keys() const {
  if (!value_->is_object()) refuse("an object");
  std::vector<std::string> names;
  for (const auto& member : value_->get_ref<const Json::object_t&>()) names.push_back(member.first);
  return names;
}

std::vector<JsonField> JsonField::items() const {
  if (!value_->is_array()) refuse("a list");
  std::vector<JsonField> fields;
  for (std::size_t i = 0; i < value_->size(); ++i) {
    fields.push_back(JsonField((*value_)[i], file_, fmt::format("{}[{}]", path_, i)));
  }
  return fields;
}

bool JsonField::boolean() const {
  if (!value_->is_boolean()) refuse("true or false");
  return value_->get<bool>();
}

std::int64_t JsonField::integer() const {
  return integer_within(std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max());
}

std::int64_t JsonField::integer_within(std::int64_t least, std::int64_t most) const {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  const bool bounded = least != std::numeric_limits<std::int64_t>::min() || most != kMost;
  const std::string expected =
      bounded ? fmt::format("a whole number from {} to {}", least, most) : "a whole number";
  if (!value_->is_number_integer()) refuse(expected);
  if (value_->is_number_unsigned() && value_->get<std::uint64_t>() > static_cast<std::uint64_t>(kMost))
    refuse(expected);
  const auto number = value_->get<std::int64_t>();
  if (number < least || number > most) refuse(expected);
  return number;
}

std::int64_t JsonField::positive() const {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int32_t>::max();
  // What was parsed is unsigned where it is not negative; what a program made may be signed all the same.
  if (!value_->is_number_integer() || *value_ <= 0) refuse("a positive whole number");
  if (value_->get<std::uint64_t>() > kMost)
    refuse(fmt::format("a positive whole number of at most {}", kMost));
  return value_->get<std::int64_t>();
}

std::uint64_t JsonField::size_or_offset() const {
  if (!value_->is_number_unsigned()) refuse("a whole number of at least 0");
  return value_->get<std::uint64_t>();
}

double JsonField::number() const {
  if (!value_->is_number()) refuse("a number");
  return value_->get<double>();
}

const std::string& JsonField::text() const {
  if (!value_->is_string()) refuse("a string");
  return value_->get_ref<const std::string&>();
}

std::string JsonField::one_of(std::initializer_list<std::string_view> allowed) const {
  std::string list;
  for (const std::string_view choice : allowed) {
    if (value_->is_string() && value_->get_ref<const std::string&>() == choice) return std::string(choice);
    list += fmt::format("{}\"{}\"", list.empty() ? "" : ", ", choice);
  }
  refuse((allowed.size() > 1 ? "one of " : "") + list);
}

std::vector<std::int64_t> JsonField::integers() const {
  std::vector<std::int64_t> numbers;
  for (const JsonField& item : items()) numbers.push_back(item.integer());
  return numbers;
}

bool JsonField::boolean_or(std::string_view key, bool otherwise) const {
  const auto field = find(key);
  return field ? field->boolean() : otherwise;
}

std::int64_t JsonField::integer_or(std::string_view key, std::int64_t otherwise) const {
  const auto field = find(key);
  return field ? field->integer() : otherwise;
}

std::int64_t JsonField::positive_or(std::string_view key, std::int64_t otherwise) const {
  const auto field = find(key);
  return field ? field->positive() : otherwise;
}

double JsonField::number_or(std::string_view key, double otherwise) const {
  const auto field = find(key);
  return field ? field->number() : otherwise;
}

std::string JsonField::text_or(std::string_view key, std::string_view otherwise) const {
  const auto field = find(key);
  return field ? field->text() : std::string(otherwise);
}

}  // namespace regard
