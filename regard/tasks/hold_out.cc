#include "regard/tasks/hold_out.h"

#include <cmath>
#include <map>
#include <utility>

namespace regard::tasks {
namespace {

// The examples stratum after stratum, each stratum's in an order drawn by chance.
std::vector<std::size_t> by_stratum(std::span<const std::int32_t> strata, RandomKey key) {
  std::map<std::int32_t, std::vector<std::size_t>> members;
  for (std::size_t i = 0; i < strata.size(); ++i) members[strata[i]].push_back(i);
  RandomStream random(key);
  std::vector<std::size_t> order;
  for (auto& [stratum, list] : members) {
    for (std::size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[random.below(i)]);
    order.insert(order.end(), list.begin(), list.end());
  }
  return order;
}

}  // namespace

std::vector<std::int32_t> dealt(std::span<const std::int32_t> strata, std::int32_t folds, RandomKey key) {
  std::vector<std::int32_t> part(strata.size());
  std::int32_t next = 0;
  for (const std::size_t i : by_stratum(strata, key)) {
    part[i] = next;
    next = (next + 1) % folds;
  }
  return part;
}

std::vector<char> held_out(std::span<const std::int32_t> strata, double share, RandomKey key) {
  std::vector<char> out(strata.size(), 0);
  // The k-th of all that is reached when k * share passes a whole number: strata get their share to within
  // one, and so does the whole.
  double before = 0.5;
  for (const std::size_t i : by_stratum(strata, key)) {
    const double now = before + share;
    out[i] = std::floor(now) > std::floor(before) ? 1 : 0;
    before = now;
  }
  return out;
}

}  // namespace regard::tasks
