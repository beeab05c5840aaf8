#pragma once

#include <string>

#include "regard/chart/figure.h"

namespace regard::chart {

// The figure as one SVG file that needs no other: panels one below the other, the first over the whole width
// and the rest two in a row; a legend; the last value beside each curve where there are few. It follows the
// viewer's choice of a light or dark display. All text is data and can never be markup.
std::string svg(const Figure& figure);

// Text as it can stand in XML: markup escaped, what XML cannot hold replaced by U+FFFD.
std::string escaped(const std::string& text);

}  // namespace regard::chart
