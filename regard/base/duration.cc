#include "regard/base/duration.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

#include "regard/base/error.h"

namespace regard {
namespace {

struct Unit {
  char letter;
  double seconds;
};
constexpr std::array<Unit, 4> units{{{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}}};

}  // namespace

double parse_duration(std::string_view text, std::string_view name) {
  double seconds = 0;
  std::size_t unit = 0;  // the next that may come
  const char *at = text.data(), *end = text.data() + text.size();
  bool good = at != end;
  while (good && at != end) {
    double number = 0;
    const auto [stop, error] = std::from_chars(at, end, number, std::chars_format::fixed);
    good = error == std::errc() && stop != end && number >= 0 && std::isfinite(number);
    if (!good) break;
    while (unit < units.size() && units[unit].letter != *stop) ++unit;
    good = unit < units.size();
    if (good) seconds += number * units[unit++].seconds;
    at = stop + 1;
  }
  if (!good || !(seconds > 0) || seconds > 1e9)
    throw UsageError(
        fmt::format("{}: found \"{}\", expected a time such as 90s, 30m, 2h or 1h30m", name, text));
  return seconds;
}

}  // namespace regard
