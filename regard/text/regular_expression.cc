#include "regard/text/regular_expression.h"

#include <fmt/format.h>
#include <oniguruma.h>

#include <array>
#include <mutex>

#include "regard/base/error.h"

namespace regard {
namespace {

constexpr std::size_t kMaxPatternBytes = 10'000;
constexpr unsigned long kMaxRetries = 10'000'000;
constexpr unsigned kMaxStack = 1U << 22;

const OnigUChar* bytes(const char* text) { return reinterpret_cast<const OnigUChar*>(text); }

// A property of characters as the library wants it: a count, then first and last of each range.
std::vector<OnigCodePoint> property(CharacterClass of) {
  const auto ranges = ranges_of(of);
  std::vector<OnigCodePoint> flat = {static_cast<OnigCodePoint>(ranges.size())};
  for (const auto& [first, last] : ranges) flat.insert(flat.end(), {first, last});
  return flat;
}

// The library's own letters and numbers are those of an older Unicode than the tokenizers that people use.
struct OwnProperty {
  std::string_view theirs;
  const char* ours;
};
constexpr OwnProperty kLetter = {"{L}", "regardletter"};
constexpr OwnProperty kNumber = {"{N}", "regardnumber"};

void initialize() {
  static std::once_flag once;
  static std::vector<OnigCodePoint> letters;  // the library keeps pointers
  static std::vector<OnigCodePoint> numbers;
  std::call_once(once, [] {
    OnigEncoding encodings[] = {ONIG_ENCODING_UTF8};
    onig_initialize(encodings, 1);
    letters = property(CharacterClass::letter);
    numbers = property(CharacterClass::number);
    onig_unicode_define_user_property(kLetter.ours, letters.data());
    onig_unicode_define_user_property(kNumber.ours, numbers.data());
  });
}

// The pattern with our letters and numbers in place of \p{L}, \P{L}, \p{N} and \P{N}.
std::string with_own_properties(std::string_view pattern) {
  std::string made;
  for (std::size_t i = 0; i < pattern.size();) {
    made += pattern[i++];
    if (made.back() != '\\' || i == pattern.size()) continue;
    made += pattern[i++];
    if (made.back() != 'p' && made.back() != 'P') continue;
    for (const OwnProperty& own : {kLetter, kNumber}) {
      if (!pattern.substr(i).starts_with(own.theirs)) continue;
      made += fmt::format("{{{}}}", own.ours);
      i += own.theirs.size();
      break;
    }
  }
  return made;
}

std::string message_of(int code, const OnigErrorInfo* info) {
  std::array<OnigUChar, ONIG_MAX_ERROR_MESSAGE_LEN> text{};
  const int length = info == nullptr ? onig_error_code_to_str(text.data(), code)
                                     : onig_error_code_to_str(text.data(), code, info);
  return {reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(length)};
}

struct RegionDeleter {
  void operator()(OnigRegion* region) const { onig_region_free(region, 1); }
};
struct ParametersDeleter {
  void operator()(OnigMatchParam* parameters) const { onig_free_match_param(parameters); }
};

}  // namespace

struct RegularExpression::Impl {
  regex_t* compiled = nullptr;
  std::string literal;  // searched for directly where it is not empty
  std::string place;

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (compiled != nullptr) onig_free(compiled);
  }
};

RegularExpression::RegularExpression(const std::string& pattern, const JsonField& field) {
  if (pattern.size() > kMaxPatternBytes) field.refuse(fmt::format("at most {} bytes", kMaxPatternBytes));
  initialize();
  auto impl = std::make_unique<Impl>();
  impl->place = field.place();
  OnigErrorInfo info{};
  const std::string own = with_own_properties(pattern);
  const char* const begin = own.data();
  const int code = onig_new(&impl->compiled, bytes(begin), bytes(begin + own.size()), ONIG_OPTION_NONE,
                            ONIG_ENCODING_UTF8, ONIG_SYNTAX_DEFAULT, &info);
  if (code != ONIG_NORMAL) field.refuse(fmt::format("a regular expression ({})", message_of(code, &info)));
  impl_ = std::move(impl);
}

RegularExpression RegularExpression::literal(std::string_view text, const JsonField& field) {
  RegularExpression made("", field);
  auto impl = std::make_unique<Impl>();
  if (text.empty()) return made;
  impl->literal = text;
  impl->place = field.place();
  made.impl_ = std::move(impl);
  return made;
}

RegularExpression::~RegularExpression() = default;
RegularExpression::RegularExpression(RegularExpression&&) noexcept = default;
RegularExpression& RegularExpression::operator=(RegularExpression&&) noexcept = default;

void RegularExpression::find_all(std::string_view text, std::vector<ByteRange>& matches) const {
  matches.clear();
  const auto add = [&](std::size_t begin, std::size_t end) {
    matches.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
  };
  if (!impl_->literal.empty()) {
    const std::size_t size = impl_->literal.size();
    for (std::size_t at = text.find(impl_->literal); at != std::string_view::npos;
         at = text.find(impl_->literal, at + size)) {
      add(at, at + size);
    }
    return;
  }
  if (text.empty()) return;
  const std::unique_ptr<OnigRegion, RegionDeleter> region(onig_region_new());
  const std::unique_ptr<OnigMatchParam, ParametersDeleter> parameters(onig_new_match_param());
  onig_initialize_match_param(parameters.get());
  onig_set_retry_limit_in_match_of_match_param(parameters.get(), kMaxRetries);
  onig_set_retry_limit_in_search_of_match_param(parameters.get(), kMaxRetries);
  onig_set_match_stack_limit_size_of_match_param(parameters.get(), kMaxStack);
  const OnigUChar* const begin = bytes(text.data());
  const OnigUChar* const end = begin + text.size();
  for (std::size_t from = 0; from <= text.size();) {
    onig_region_clear(region.get());
    const int code = onig_search_with_param(impl_->compiled, begin, end, begin + from, end, region.get(),
                                            ONIG_OPTION_NONE, parameters.get());
    if (code == ONIG_MISMATCH) break;
    if (code < 0) {
      throw InputError(fmt::format("{}: the regular expression gave up on a text: {}", impl_->place,
                                   message_of(code, nullptr)));
    }
    const auto first = static_cast<std::size_t>(region->beg[0]);
    const auto last = static_cast<std::size_t>(region->end[0]);
    const auto inside = [&](std::size_t at) { return at < text.size() && continues_character(text[at]); };
    if (inside(first) || inside(last)) {
      throw InputError(
          fmt::format("{}: found a match of half a character, expected whole ones", impl_->place));
    }
    if (first == last && !matches.empty() && matches.back().end == last) {
      from += from < text.size() ? character_length(text[from]) : 1;
      continue;
    }
    add(first, last);
    from = last;
  }
}

RegularExpression parse_pattern(const JsonField& field) {
  if (const auto text = field.find("String")) return RegularExpression::literal(text->text(), *text);
  const JsonField pattern = field.at("Regex");
  return RegularExpression(pattern.text(), pattern);
}

}  // namespace regard
