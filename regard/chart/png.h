#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace regard::chart {

struct Rgb {
  std::uint8_t red = 0, green = 0, blue = 0;
};

// A PNG file of `columns` by values.size() / columns points of one color; a value says how much of it is
// seen: 0 nothing, 255 all. At least one point.
std::string png_of_shades(std::span<const std::uint8_t> values, std::size_t columns, Rgb color);

}  // namespace regard::chart
