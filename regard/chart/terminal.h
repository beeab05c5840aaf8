#pragma once

#include <string>

#include "regard/chart/figure.h"

namespace regard::chart {

struct TerminalStyle {
  int width = 80;      // columns; at least 40 are used
  bool color = false;  // escape sequences for colors; without, curves of several groups are drawn by letters
};

// The figure as lines of UTF-8 text, in braille dots (2 x 4 in a cell) or letters, with axes and a legend.
// Control characters in names are replaced.
std::string terminal_chart(const Figure& figure, const TerminalStyle& style);

}  // namespace regard::chart
