#pragma once

#include <cstdint>
#include <string>
#include <vector>

// What a chart shows, as data: svg.h and terminal.h draw it.

namespace regard::chart {

struct Point {
  double x = 0, y = 0;
};

enum class Mark : std::uint8_t { line, dots };    // a thin line; a stronger one with a dot at each point
enum class Scale : std::uint8_t { linear, log };  // of the vertical axis

struct Curve {
  std::string name;           // what it is, for a reader who points at it
  std::vector<Point> points;  // from left to right; one that is not finite interrupts the curve
  std::size_t group = 0;      // whose it is: its color
  Mark mark = Mark::line;
};

struct Panel {
  std::string title;
  std::vector<Curve> curves;
  Scale scale = Scale::linear;  // log: values of 0 and less interrupt the curve
};

struct Figure {
  std::string title;
  std::string x_label;
  std::vector<std::string> groups;    // names of the groups, for the legend
  std::string line_means, dots_mean;  // likewise of the marks; empty: not in the legend
  std::vector<Panel> panels;          // the first is the largest
};

}  // namespace regard::chart
