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

void initialize() {
  static std::once_flag once;
  std::call_once(once, [] {
    OnigEncoding encodings[] = {ONIG_ENCODING_UTF8};
    onig_initialize(encodings, 1);
  });
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
  const char* const begin = pattern.data();
  const int code = onig_new(&impl->compiled, bytes(begin), bytes(begin + pattern.size()), ONIG_OPTION_NONE,
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
