#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace regard::chart {

// A map of shades without names of its rows and columns.
struct SmallMap {
  std::string name;
  std::size_t columns = 1;
  std::vector<std::uint8_t> shades;  // row by row: 0 nothing, 255 the strongest; not empty
};

// Rows of small maps, each with a name: many at a glance.
struct SmallMultiples {
  struct Row {
    std::string name;
    std::vector<SmallMap> maps;
  };
  std::string title;
  std::vector<Row> rows;
};

// As one SVG file that needs no other. Text is data, never markup.
std::string svg(const SmallMultiples& figure);

}  // namespace regard::chart
