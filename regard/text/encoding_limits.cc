#include "regard/text/encoding_limits.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/base/error.h"

namespace regard {
namespace {

constexpr std::int64_t kMaxIds = std::int64_t{1} << 24;
constexpr std::int64_t kMaxPadding = std::int64_t{1} << 20;
constexpr std::int64_t kMaxLength = std::int64_t{1} << 53;  // of a text: no memory is taken for it

std::size_t size_of(const JsonField& field, std::int64_t most) {
  return static_cast<std::size_t>(field.integer_within(0, most));
}

// Cuts the one sequence of `runs` into pieces of `length` that overlap by `stride`.
void cut(TokenRuns& runs, std::size_t length, const Truncation& truncation) {
  std::vector<Token> all = std::move(runs.front());
  runs.clear();
  if (length >= all.size()) {
    runs.push_back(std::move(all));
    return;
  }
  if (length == 0) {
    runs.emplace_back();
    runs.push_back(std::move(all));
    return;
  }
  if (truncation.stride >= length) {
    throw UsageError(fmt::format(
        "truncation: found a stride of {}, expected less than the {} tokens that a text is cut to",
        truncation.stride, length));
  }
  const std::size_t step = length - truncation.stride;
  const auto take = [&](std::size_t begin, std::size_t end) {
    runs.emplace_back(all.begin() + static_cast<std::ptrdiff_t>(begin),
                      all.begin() + static_cast<std::ptrdiff_t>(end));
  };
  if (truncation.side == Truncation::Side::right) {
    for (std::size_t begin = 0;; begin += step) {
      const std::size_t end = std::min(begin + length, all.size());
      take(begin, end);
      if (end == all.size()) return;
    }
  }
  for (std::size_t end = all.size();; end -= step) {
    const std::size_t begin = end > length ? end - length : 0;
    take(begin, end);
    if (begin == 0) return;
  }
}

// The lengths of two texts that together are cut to `most`, the longer one first.
std::pair<std::size_t, std::size_t> shares(std::size_t first, std::size_t second, std::size_t most) {
  std::size_t shorter = std::min(first, second);
  std::size_t longer = shorter > most ? shorter : std::max(shorter, most - shorter);
  if (shorter + longer > most) {
    shorter = most / 2;
    longer = shorter + most % 2;
  }
  return first > second ? std::pair(longer, shorter) : std::pair(shorter, longer);
}

}  // namespace

std::optional<Truncation> parse_truncation(const JsonField& field) {
  if (field.value().is_null()) return std::nullopt;
  Truncation made;
  made.max_length = size_of(field.at("max_length"), kMaxLength);
  if (const auto stride = field.find("stride")) {
    made.stride = size_of(*stride, kMaxLength);
    if (made.stride > 0 && made.stride >= made.max_length)
      stride->refuse(fmt::format("less than max_length, which is {}", made.max_length));
  }
  if (const auto strategy = field.find("strategy")) {
    const std::string name = strategy->one_of({"LongestFirst", "OnlyFirst", "OnlySecond"});
    made.strategy = name == "LongestFirst" ? Truncation::Strategy::longest_first
                    : name == "OnlyFirst"  ? Truncation::Strategy::only_first
                                           : Truncation::Strategy::only_second;
  }
  if (const auto side = field.find("direction"))
    made.side = side->one_of({"Left", "Right"}) == "Left" ? Truncation::Side::left : Truncation::Side::right;
  return made;
}

std::optional<Padding> parse_padding(const JsonField& field) {
  if (field.value().is_null()) return std::nullopt;
  Padding made;
  if (const auto strategy = field.find("strategy"); strategy && strategy->value().is_object()) {
    made.length = size_of(strategy->at("Fixed"), kMaxPadding);
  } else if (strategy) {
    strategy->one_of({"BatchLongest"});
  }
  if (const auto multiple = field.find("pad_to_multiple_of"); multiple && size_of(*multiple, kMaxPadding) > 0)
    made.multiple = size_of(*multiple, kMaxPadding);
  if (const auto side = field.find("direction"))
    made.side = side->one_of({"Left", "Right"}) == "Left" ? Padding::Side::left : Padding::Side::right;
  made.piece = field.text_or("pad_token", made.piece);
  if (const auto id = field.find("pad_id"))
    made.id = static_cast<std::int32_t>(id->integer_within(0, kMaxIds - 1));
  if (const auto type = field.find("pad_type_id"))
    made.type = static_cast<std::int32_t>(type->integer_within(0, kMaxIds - 1));
  return made;
}

void truncate(TruncatedTexts& texts, const Truncation& truncation) {
  const std::size_t first = texts.first.front().size();
  const std::size_t second = texts.second ? texts.second->front().size() : 0;
  const std::size_t most = truncation.max_length;
  if (first + second <= most && most > 0) return;
  if (most == 0 || !texts.second || truncation.strategy == Truncation::Strategy::longest_first) {
    const auto [of_first, of_second] =
        most == 0 || !texts.second ? std::pair(most, most) : shares(first, second, most);
    const bool only_second = truncation.strategy == Truncation::Strategy::only_second;
    if (most > 0 && only_second)
      throw InputError("truncation: expected a second text, which alone is to be cut");
    cut(texts.first, of_first, truncation);
    if (texts.second) cut(*texts.second, of_second, truncation);
    return;
  }
  const bool of_first = truncation.strategy == Truncation::Strategy::only_first;
  const std::size_t length = of_first ? first : second;
  const std::size_t other = first + second - length;
  if (other >= most) {
    throw InputError(fmt::format(
        "truncation: found {} tokens in the text that is not to be cut, expected less than {}", other, most));
  }
  cut(of_first ? texts.first : *texts.second, most - other, truncation);
}

void pad(std::vector<std::vector<Token>>& batch, const Padding& padding) {
  std::size_t length = padding.length.value_or(0);
  if (!padding.length) {
    for (const auto& tokens : batch) length = std::max(length, tokens.size());
  }
  if (padding.multiple) length = (length + *padding.multiple - 1) / *padding.multiple * *padding.multiple;
  Token filler;
  filler.id = padding.id;
  filler.piece = padding.piece;
  filler.type = padding.type;
  filler.special = true;
  filler.padding = true;
  for (auto& tokens : batch) {
    if (tokens.size() >= length) continue;
    const std::size_t missing = length - tokens.size();
    tokens.insert(padding.side == Padding::Side::left ? tokens.begin() : tokens.end(), missing, filler);
  }
}

}  // namespace regard
