#include "regard/chart/small_multiples.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/base/base64.h"
#include "regard/chart/png.h"
#include "regard/chart/svg.h"

namespace regard::chart {
namespace {

constexpr double side = 72, gap = 8, caption = 16, margin = 14;

// As high as its points are square, within bounds.
double height_of(const SmallMap& map) {
  const double rows = static_cast<double>(map.shades.size() / map.columns);
  return std::clamp(side * rows / static_cast<double>(map.columns), 18.0, 2 * side);
}

double height_of(const SmallMultiples::Row& row) {
  double most = 0;
  for (const SmallMap& map : row.maps) most = std::max(most, height_of(map));
  return caption + most;
}

std::string picture(const SmallMap& map) {
  const std::string png = png_of_shades(map.shades, map.columns, {31, 95, 174});
  return "data:image/png;base64," + base64({reinterpret_cast<const std::uint8_t*>(png.data()), png.size()});
}

}  // namespace

std::string svg(const SmallMultiples& figure) {
  std::size_t most = 1, letters = 0;
  for (const SmallMultiples::Row& row : figure.rows) {
    most = std::max(most, row.maps.size());
    letters = std::max(letters, row.name.size());
  }
  const double left = margin + 7 * static_cast<double>(letters) + gap;
  const double title = figure.title.empty() ? 0 : 26;
  double height = margin + title;
  for (const SmallMultiples::Row& row : figure.rows) height += height_of(row) + gap;
  const double width = std::max(left + (side + gap) * static_cast<double>(most) + margin,
                                2 * margin + 8.5 * static_cast<double>(figure.title.size()));
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" "
      "height=\"{1:.0f}\" role=\"img\">\n<title>{2}</title>\n<style>text{{font:11px system-ui,'Noto "
      "Sans','Noto Sans CJK SC',sans-serif;fill:#5c5a55}}.ground{{fill:#fcfcfb}}.frame{{fill:none;stroke:"
      "#d8d6d1}}.head{{font-size:15px;font-weight:600;fill:#1c1b19}}image{{image-rendering:pixelated}}@media "
      "(prefers-color-scheme:dark){{text{{fill:#a8a59e}}.head{{fill:#eceae5}}.ground{{fill:#181817}}.frame"
      "{{stroke:#3c3a37}}image{{filter:brightness(1.6)}}}}</style>\n<rect class=\"ground\" width=\"100%\" "
      "height=\"100%\"/>\n",
      width, height + margin - gap, escaped(figure.title));
  if (title > 0)
    out += fmt::format("<text class=\"head\" x=\"{:.0f}\" y=\"{:.0f}\">{}</text>\n", margin, margin + 14,
                       escaped(figure.title));
  double y = margin + title;
  for (const SmallMultiples::Row& row : figure.rows) {
    out += fmt::format("<text text-anchor=\"end\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", left - gap,
                       y + caption + (height_of(row) - caption) / 2 + 4, escaped(row.name));
    for (std::size_t i = 0; i < row.maps.size(); ++i) {
      const SmallMap& map = row.maps[i];
      const double x = left + (side + gap) * static_cast<double>(i), high = height_of(map);
      out += fmt::format(
          "<text x=\"{0:.1f}\" y=\"{1:.1f}\">{2}</text>\n<image x=\"{0:.1f}\" y=\"{3:.1f}\" "
          "width=\"{4:.1f}\" "
          "height=\"{5:.1f}\" preserveAspectRatio=\"none\" href=\"{6}\"/>\n<rect class=\"frame\" "
          "x=\"{0:.1f}\" "
          "y=\"{3:.1f}\" width=\"{4:.1f}\" height=\"{5:.1f}\"/>\n",
          x, y + caption - 4, escaped(map.name), y + caption, side, high, picture(map));
    }
    y += height_of(row) + gap;
  }
  return out + "</svg>\n";
}

}  // namespace regard::chart
