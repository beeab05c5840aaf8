#include "regard/chart/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace regard::chart {
namespace {

constexpr double rounding = 1e-9;   // of a step: what sums of doubles may be off by
constexpr double most = 1e300;      // what is larger is not drawn
constexpr double most_log = 1e140;  // likewise on a log axis; nor is what is smaller than 1 / most_log
constexpr double narrowest = 1e-9;  // of its values: a narrower range is taken for one value

template <class Value>
std::optional<Range> range_of(const Panel& panel, Value value) {
  std::optional<Range> range;
  for (const Curve& curve : panel.curves)
    for (const Point p : curve.points)
      if (drawable(p, panel.scale)) range = united(range, Range{value(p), value(p)});
  return range;
}

// 1, 2 or 5 times a power of ten, at least `value`.
double round_up(double value) {
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= value * (1 - rounding)) return factor * power;
  return 10 * power;
}

Axis linear_axis(Range data, const AxisOptions& options) {
  if (data.high - data.low <= narrowest * std::max(std::abs(data.low), std::abs(data.high))) {
    const double half = 0.1 * std::abs(data.low);
    data = data.low == 0 ? Range{0, 1} : Range{data.low - half, data.high + half};
  }
  const double step = round_up((data.high - data.low) / std::max(1, options.ticks - 1));
  Axis axis{data, Scale::linear, {}};
  if (options.ends == Ends::round) {
    axis.range = {std::floor(data.low / step + rounding) * step,
                  std::ceil(data.high / step - rounding) * step};
  }
  const double first = std::ceil(axis.range.low / step - rounding);
  const double last = std::floor(axis.range.high / step + rounding);
  for (double i = first; i <= last; ++i) axis.ticks.push_back({i * step, number_label(i * step, step)});
  return axis;
}

Axis log_axis(Range data, const AxisOptions& options) {
  if (data.high - data.low <= narrowest * data.high) data = {data.low / 2, data.high * 2};
  const double decades = std::log10(data.high) - std::log10(data.low);
  // Few decades: 1, 2 and 5 of each; many: every n-th power of ten.
  static constexpr std::array<double, 3> fine{1, 2, 5};
  static constexpr std::array<double, 1> coarse{1};
  const bool finely = decades * 3 <= options.ticks;
  const double stride = std::max(1.0, std::ceil(decades / options.ticks));
  std::vector<double> values;
  for (double e = std::floor(std::log10(data.low)) - stride; e <= std::log10(data.high) + 2 * stride; ++e) {
    if (std::fmod(e, stride) != 0) continue;
    for (const double factor : finely ? std::span<const double>(fine) : std::span<const double>(coarse))
      values.push_back(factor * std::pow(10, e));
  }
  Axis axis{data, Scale::log, {}};
  if (options.ends == Ends::round) {
    const auto above = std::lower_bound(values.begin(), values.end(), data.high * (1 - rounding));
    const auto below = std::upper_bound(values.begin(), values.end(), data.low * (1 + rounding));
    axis.range = {*(below - 1), *above};
  }
  for (const double v : values)
    if (v >= axis.range.low * (1 - rounding) && v <= axis.range.high * (1 + rounding))
      axis.ticks.push_back({v, number_label(v, v)});
  return axis;
}

// Without the zeros that "%.3g" keeps: 2e-04 -> 2e-4.
std::string exponential(double value, int decimals) {
  const int exponent = static_cast<int>(std::floor(std::log10(std::abs(value)) + rounding));
  return fmt::format("{:.{}f}e{}", value / std::pow(10, exponent), decimals, exponent);
}

}  // namespace

bool drawable(Point point, Scale scale) {
  if (!(std::abs(point.x) < most && std::abs(point.y) < most)) return false;
  return scale == Scale::linear || (point.y > 1 / most_log && point.y < most_log);
}

std::optional<Range> united(std::optional<Range> a, std::optional<Range> b) {
  if (!a || !b) return a ? a : b;
  return Range{std::min(a->low, b->low), std::max(a->high, b->high)};
}

std::optional<Range> x_range(const Panel& panel) {
  return range_of(panel, [](Point p) { return p.x; });
}
std::optional<Range> y_range(const Panel& panel) {
  return range_of(panel, [](Point p) { return p.y; });
}

std::optional<Range> x_range(const Figure& figure) {
  std::optional<Range> range;
  for (const Panel& panel : figure.panels) range = united(range, x_range(panel));
  if (range && range->low > 0 && range->low <= 0.25 * range->high) range->low = 0;
  return range;
}

double Axis::place(double value) const {
  if (scale == Scale::log)
    return (std::log(value) - std::log(range.low)) / (std::log(range.high) - std::log(range.low));
  return (value - range.low) / (range.high - range.low);
}

Axis axis_over(Range data, const AxisOptions& options) {
  return options.scale == Scale::log ? log_axis(data, options) : linear_axis(data, options);
}

std::string number_label(double value, double step) {
  const double size = std::abs(value);
  if (size < std::abs(step) * rounding || value == 0) return "0";
  const int step_power = static_cast<int>(std::floor(std::log10(std::abs(step)) + rounding));
  if (size >= 1e9 || step_power < -4) {
    const int power = static_cast<int>(std::floor(std::log10(size) + rounding));
    return exponential(value, std::max(0, power - step_power));
  }
  if (size >= 1e6) return fmt::format("{:.{}f}M", value / 1e6, std::clamp(6 - step_power, 0, 6));
  if (size >= 1e4) return fmt::format("{:.{}f}k", value / 1e3, std::clamp(3 - step_power, 0, 3));
  return fmt::format("{:.{}f}", value, std::max(0, -step_power));
}

std::string value_label(double value) {
  const double size = std::abs(value);
  if (size == 0) return "0";
  if (size < 1e-4 || size >= 1e9) return exponential(value, 1);
  if (size < 1e-2) return fmt::format("{:.{}f}", value, 2 - static_cast<int>(std::floor(std::log10(size))));
  return number_label(value, std::pow(10, std::floor(std::log10(size)) - 2));
}

std::vector<Point> thinned(const std::vector<Point>& points, const Axis& x, std::size_t columns) {
  if (points.size() <= 4 * columns) return points;
  std::vector<Point> kept;
  const auto column_of = [&](const Point& p) {
    return std::floor(x.place(p.x) * static_cast<double>(columns));
  };
  for (std::size_t begin = 0, end = 0; begin < points.size(); begin = end) {
    if (!drawable(points[begin], Scale::linear)) {
      while (end < points.size() && !drawable(points[end], Scale::linear)) ++end;
      kept.push_back(points[begin]);
      continue;
    }
    while (end < points.size() && drawable(points[end], Scale::linear) &&
           column_of(points[end]) == column_of(points[begin]))
      ++end;
    const auto first = points.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = points.begin() + static_cast<std::ptrdiff_t>(end);
    const auto [low, high] =
        std::minmax_element(first, last, [](const Point& a, const Point& b) { return a.y < b.y; });
    std::array<std::ptrdiff_t, 4> chosen{0, low - first, high - first, last - first - 1};
    std::sort(chosen.begin(), chosen.end());
    for (std::size_t i = 0; i < chosen.size(); ++i)
      if (i == 0 || chosen[i] != chosen[i - 1]) kept.push_back(first[chosen[i]]);
  }
  return kept;
}

}  // namespace regard::chart
