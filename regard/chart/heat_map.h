#pragma once

#include <string>
#include <vector>

#include "regard/chart/terminal.h"

namespace regard::chart {

// Numbers with a name for each row and column. Colors say sign and size: the strongest color is that of the
// greatest absolute value, of each row by itself or of all.
struct HeatMap {
  std::string title;
  std::vector<std::string> rows, columns;
  std::vector<double> values;  // row by row; what is not finite is left empty
  enum class Strongest : std::uint8_t { of_all, of_row } strongest = Strongest::of_row;
};

// As one SVG file that needs no other, or as a part of an HTML page. Text is data, never markup.
std::string svg(const HeatMap& map);

// One row: a line for each column, with its number. Several: a table of shades, whose columns are numbered
// and named below where there are many.
std::string terminal_heat_map(const HeatMap& map, const TerminalStyle& style);

}  // namespace regard::chart
