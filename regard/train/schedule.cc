#include "regard/train/schedule.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>

namespace regard::train {

double Schedule::at(std::int64_t update) const {
  assert(update >= 1);
  const auto n = static_cast<double>(update), w = static_cast<double>(warmup);
  if (kind == Kind::constant) return peak;
  if (kind == Kind::inverse_sqrt && warmup == 0) return peak * std::sqrt(10000.0 / (10000.0 + n - 1));
  if (update <= warmup) return peak * n / w;
  if (kind == Kind::constant_with_warmup) return peak;
  if (kind == Kind::inverse_sqrt) return peak * std::sqrt(w / n);
  const double length = std::max(1.0, static_cast<double>(total) - w);
  const double done = std::clamp((n - 1 - w) / length, 0.0, 1.0);
  return kind == Kind::linear ? peak * (1 - done) : peak * 0.5 * (1 + std::cos(std::numbers::pi * done));
}

const std::vector<std::string>& Schedule::names() {
  static const std::vector<std::string> list{"constant", "constant_with_warmup", "linear", "cosine",
                                             "inverse_sqrt"};
  return list;
}

Schedule::Kind Schedule::kind_named(const std::string& name) {
  const auto found = std::find(names().begin(), names().end(), name);
  assert(found != names().end());
  return static_cast<Kind>(found - names().begin());
}

}  // namespace regard::train
