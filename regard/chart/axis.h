#pragma once

#include <optional>
#include <string>
#include <vector>

#include "regard/chart/figure.h"

// Axes with round ticks, and what lies on them.

namespace regard::chart {

struct Range {
  double low = 0, high = 1;
};

// The x and y of all points of a panel that can be drawn at its scale; nothing where there are none.
std::optional<Range> x_range(const Panel& panel);
std::optional<Range> y_range(const Panel& panel);
// Of all panels, which share it; from 0 where the points begin soon after.
std::optional<Range> x_range(const Figure& figure);
std::optional<Range> united(std::optional<Range> a, std::optional<Range> b);

bool drawable(Point point, Scale scale);

struct Tick {
  double value = 0;
  std::string label;
};

struct Axis {
  Range range;
  Scale scale = Scale::linear;
  std::vector<Tick> ticks;  // inside the range, rising

  double place(double value) const;  // 0 at the low end, 1 at the high end
};

// Where an axis ends: at the data's ends, or at the round values around them.
enum class Ends : std::uint8_t { exact, round };
struct AxisOptions {
  Scale scale = Scale::linear;
  Ends ends = Ends::exact;
  int ticks = 6;  // at most about so many; at least 2
};
// Ticks are 1, 2 or 5 times a power of ten apart; on a log axis they are such values themselves. A range of
// one value is widened around it.
Axis axis_over(Range data, const AxisOptions& options);

// "0.25", "1500", "20k", "3e-5": with as many decimals as values `step` apart need.
std::string number_label(double value, double step);
// A value alone, of three significant digits.
std::string value_label(double value);

// At most about 4 points for each of `columns` columns of an axis: the first, the lowest, the highest and the
// last in each, so that no spike is lost. Points that cannot be drawn stay, as one for each gap.
std::vector<Point> thinned(const std::vector<Point>& points, const Axis& x, std::size_t columns);

}  // namespace regard::chart
