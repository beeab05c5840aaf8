#include "regard/base/suggest.h"

#include <algorithm>
#include <vector>

namespace regard {
namespace {

// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1] ? 1 : 0)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

}  // namespace

std::string did_you_mean(std::string_view found, std::span<const std::string> known) {
  constexpr std::size_t longest = 200;  // beyond that it is no name, and the distance is quadratic
  if (found.size() > longest) return "";
  std::size_t best = std::max<std::size_t>(1, found.size() / 3) + 1;
  std::string_view nearest;
  for (const std::string& name : known) {
    if (name.size() > longest) continue;
    const std::size_t d = distance(found, name);
    if (d < best) {
      best = d;
      nearest = name;
    }
  }
  if (nearest.empty()) return "";
  return "; did you mean '" + std::string(nearest) + "'?";
}

}  // namespace regard
