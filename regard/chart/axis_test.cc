#include "regard/chart/axis.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace regard::chart {
namespace {

std::string labels(const Axis& axis) {
  std::string text;
  for (const Tick& t : axis.ticks) text += (text.empty() ? "" : " ") + t.label;
  return text;
}

TEST(Axis, TicksAreRound) {
  EXPECT_EQ(labels(axis_over({0, 700}, {.ticks = 8})), "0 100 200 300 400 500 600 700");
  EXPECT_EQ(labels(axis_over({0, 30000}, {.ticks = 4})), "0 10k 20k 30k");
  EXPECT_EQ(labels(axis_over({0, 4e6}, {.ticks = 5})), "0 1M 2M 3M 4M");
  EXPECT_EQ(labels(axis_over({1.23, 2.81}, {.ticks = 5})), "1.5 2.0 2.5");
  EXPECT_EQ(labels(axis_over({0, 3e-4}, {.ticks = 4})), "0 0.0001 0.0002 0.0003");
  EXPECT_EQ(labels(axis_over({0, 0.002}, {.ticks = 5})), "0 0.0005 0.0010 0.0015 0.0020");
  EXPECT_EQ(labels(axis_over({0, 3e-5}, {.ticks = 4})), "0 1e-5 2e-5 3e-5");
  EXPECT_EQ(labels(axis_over({-1, 1}, {.ticks = 5})), "-1.0 -0.5 0 0.5 1.0");
}

TEST(Axis, EndsAtTheDataOrAtRoundValuesAroundThem) {
  const Axis exact = axis_over({1.23, 2.81}, {.ticks = 5});
  EXPECT_EQ(exact.range.low, 1.23);
  EXPECT_EQ(exact.range.high, 2.81);
  const Axis round = axis_over({1.23, 2.81}, {.ends = Ends::round, .ticks = 5});
  EXPECT_DOUBLE_EQ(round.range.low, 1);
  EXPECT_DOUBLE_EQ(round.range.high, 3);
  EXPECT_EQ(labels(round), "1.0 1.5 2.0 2.5 3.0");
  EXPECT_DOUBLE_EQ(round.place(1), 0);
  EXPECT_DOUBLE_EQ(round.place(2), 0.5);
  // What lies on round values needs no more room.
  EXPECT_DOUBLE_EQ(axis_over({0, 0.3}, {.ends = Ends::round, .ticks = 4}).range.high, 0.3);
}

TEST(Axis, LogarithmicTicksArePowersOrTheirParts) {
  const Axis wide = axis_over({0.02, 3000}, {Scale::log, Ends::round, 8});
  EXPECT_EQ(labels(wide), "0.01 0.1 1 10 100 1000 10k");
  EXPECT_DOUBLE_EQ(wide.place(10), 0.5);
  EXPECT_EQ(labels(axis_over({0.3, 4}, {Scale::log, Ends::round, 8})), "0.2 0.5 1 2 5");
  const Axis vast = axis_over({1e-139, 1e139}, {Scale::log, Ends::round, 5});
  EXPECT_LE(vast.ticks.size(), 7U);
  EXPECT_GE(vast.ticks.size(), 3U);
}

TEST(Axis, AnyDataGiveAnAxis) {
  const double huge = 0.9e300;
  for (const Range data : {Range{0, 0},
                           {5, 5},
                           {-3, -3},
                           {1e17, 1e17 + 16},
                           {1, 1 + 1e-15},
                           {-huge, huge},
                           {1e-299, 2e-299},
                           {0, 1e-299}})
    for (const Ends ends : {Ends::exact, Ends::round}) {
      const Axis axis = axis_over(data, {.ends = ends, .ticks = 5});
      EXPECT_LT(axis.range.low, axis.range.high);
      EXPECT_GE(axis.place(data.low), -1e-9);
      EXPECT_LE(axis.place(data.high), 1 + 1e-9);
      EXPECT_LE(axis.ticks.size(), 8U);
      EXPECT_GE(axis.ticks.size(), 1U) << data.low;
    }
  for (const Range data : {Range{1, 1}, {1e-139, 1e139}, {7, 7.0001}}) {
    const Axis axis = axis_over(data, {Scale::log, Ends::round, 5});
    EXPECT_GE(axis.place(data.low), -1e-9);
    EXPECT_LE(axis.place(data.high), 1 + 1e-9);
    EXPECT_FALSE(axis.ticks.empty());
  }
}

TEST(Axis, RangesLeaveOutWhatCannotBeDrawn) {
  const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  Panel panel{"p", {{"c", {{0, nan}, {1, 2}, {2, infinity}, {3, -4}, {4, 0}}}}};
  EXPECT_EQ(x_range(panel)->low, 1);
  EXPECT_EQ(x_range(panel)->high, 4);
  EXPECT_EQ(y_range(panel)->low, -4);
  panel.scale = Scale::log;
  EXPECT_EQ(y_range(panel)->low, 2);
  EXPECT_EQ(y_range(panel)->high, 2);
  EXPECT_EQ(x_range(Figure{"", "", {}, "", "", {panel}})->low, 1);  // 1 of 1: far from 0
  panel.curves[0].points = {{10, 2}, {100, 3}};
  const Panel later{"q", {{"d", {{50, 1}, {120, 1}}}}};
  const auto shared = x_range(Figure{"", "", {}, "", "", {panel, later}});
  EXPECT_EQ(shared->low, 0);
  EXPECT_EQ(shared->high, 120);
  panel.curves[0].points = {{0, nan}};
  EXPECT_FALSE(y_range(panel));
}

TEST(Axis, ValuesHaveThreeDigits) {
  EXPECT_EQ(value_label(0), "0");
  EXPECT_EQ(value_label(1.23456), "1.23");
  EXPECT_EQ(value_label(31.26), "31.3");
  EXPECT_EQ(value_label(0.04567), "0.0457");
  EXPECT_EQ(value_label(8449), "8449");
  EXPECT_EQ(value_label(12345), "12.3k");
  EXPECT_EQ(value_label(0.00023), "0.000230");
  EXPECT_EQ(value_label(0.000023), "2.3e-5");
  EXPECT_EQ(value_label(-5), "-5.00");
}

TEST(Thinned, KeepsSpikesAndGaps) {
  std::vector<Point> points;
  for (int i = 0; i < 100000; ++i) points.push_back({static_cast<double>(i), std::sin(i * 1e-3)});
  points[43210].y = 77;
  points[76543].y = std::nan("");
  const Axis x = axis_over({0, 99999}, {});
  const auto kept = thinned(points, x, 500);
  EXPECT_LE(kept.size(), 4U * 500 + 10);
  double highest = 0;
  int gaps = 0;
  for (const Point& p : kept) {
    if (std::isnan(p.y))
      ++gaps;
    else
      highest = std::max(highest, p.y);
  }
  EXPECT_EQ(highest, 77);
  EXPECT_EQ(gaps, 1);
  EXPECT_EQ(kept.front().x, 0);
  EXPECT_EQ(kept.back().x, 99999);
  EXPECT_EQ(thinned(kept, x, 5000).size(), kept.size());  // few are left as they are
}

}  // namespace
}  // namespace regard::chart
