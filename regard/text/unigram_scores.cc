#include "regard/text/unigram_scores.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace regard {
namespace {

constexpr int kGreatestPower = 308;  // of ten that a double holds

// serde_json without its feature float_roundtrip: the digits as one integer, times or by a power of ten.
double read_inexactly(double number) {
  const std::string text = fmt::format("{}", std::fabs(number));
  std::uint64_t digits = 0;
  int exponent = 0;
  std::size_t i = 0;
  bool fraction = false;
  for (; i < text.size() && text[i] != 'e'; ++i) {
    if (text[i] == '.') {
      fraction = true;
      continue;
    }
    digits = digits * 10 + static_cast<std::uint64_t>(text[i] - '0');
    if (fraction) --exponent;
  }
  int power = 0;
  if (i < text.size()) {
    const std::size_t sign = text[i + 1] == '+' ? 1 : 0;
    std::from_chars(text.data() + i + 1 + sign, text.data() + text.size(), power);
  }
  exponent += power;
  if (std::abs(exponent) > kGreatestPower) return number;
  double made = static_cast<double>(digits);
  if (exponent >= 0) {
    made *= std::pow(10.0, exponent);
  } else {
    made /= std::pow(10.0, -exponent);
  }
  return number < 0 ? -made : made;
}

}  // namespace

void read_scores_as_tokenizers(Json& document) {
  if (!document.is_object() || !document.contains("model") || !document["model"].is_object()) return;
  Json& model = document["model"];
  if (!model.contains("vocab") || !model["vocab"].is_array()) return;
  for (Json& entry : model["vocab"]) {
    if (entry.is_array() && entry.size() == 2 && entry[1].is_number_float()) {
      entry[1] = read_inexactly(entry[1].get<double>());
    }
  }
}

}  // namespace regard
