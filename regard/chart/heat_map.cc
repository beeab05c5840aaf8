#include "regard/chart/heat_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "regard/base/json.h"
#include "regard/chart/svg.h"

namespace regard::chart {
namespace {

constexpr std::array<const char*, 5> shades{" ", "░", "▒", "▓", "█"};

std::string clean(const std::string& text) {
  std::string out = parse_json(to_line(Json(text)), "text").get<std::string>();  // U+FFFD for bad UTF-8
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  return out;
}

// Columns of a terminal that text takes: two for the scripts of East Asia.
std::size_t columns_of(const std::string& text) {
  std::size_t columns = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    columns += byte < 0x80 ? 1 : byte >= 0xE3 ? 2 : byte >= 0xC0 ? 1 : 0;
  }
  return columns;
}
std::string padded(const std::string& text, std::size_t width) {
  const std::size_t used = columns_of(text);
  return text + std::string(used < width ? width - used : 0, ' ');
}

// Each value as a share of the strongest, from -1 to 1.
std::vector<double> shares(const HeatMap& map) {
  std::vector<double> made = map.values;
  const std::size_t width = std::max<std::size_t>(1, map.columns.size());
  const bool rows = map.strongest == HeatMap::Strongest::of_row;
  const std::size_t stretch = rows ? width : std::max<std::size_t>(1, made.size());
  for (std::size_t begin = 0; begin < made.size(); begin += stretch) {
    const std::size_t end = std::min(made.size(), begin + stretch);
    double most = 0;
    for (std::size_t i = begin; i < end; ++i)
      if (std::isfinite(made[i])) most = std::max(most, std::fabs(made[i]));
    for (std::size_t i = begin; i < end; ++i)
      made[i] = !std::isfinite(made[i]) || most == 0 ? 0 : made[i] / most;
  }
  return made;
}

// A background for a share: blue where it is positive, orange where it is negative.
std::string painted(const std::string& text, double share, bool color) {
  if (!color) return text;
  constexpr std::array<int, 5> blue{0, 17, 18, 25, 32}, orange{0, 52, 94, 130, 166};
  const auto step = static_cast<std::size_t>(std::lround(std::fabs(share) * 4));
  if (step == 0) return text;
  return fmt::format("\x1b[48;5;{}m\x1b[97m{}\x1b[0m", share > 0 ? blue[step] : orange[step], text);
}

std::string one_row(const HeatMap& map, const TerminalStyle& style) {
  constexpr std::size_t bar = 24;
  std::size_t width = 1;
  for (const std::string& name : map.columns) width = std::max(width, columns_of(clean(name)));
  width = std::min<std::size_t>(width, 32);
  const std::vector<double> part = shares(map);
  std::string out;
  for (std::size_t i = 0; i < map.columns.size(); ++i) {
    std::string cells;
    const auto filled = static_cast<std::size_t>(std::lround(std::fabs(part[i]) * bar));
    for (std::size_t k = 0; k < filled; ++k) cells += part[i] > 0 ? "█" : "▒";
    if (style.color && filled > 0) cells = fmt::format("\x1b[{}m{}\x1b[0m", part[i] > 0 ? 34 : 33, cells);
    out += fmt::format("  {} {:>9.4f} {}\n", padded(clean(map.columns[i]), width), map.values[i], cells);
  }
  return out;
}

}  // namespace

std::string terminal_heat_map(const HeatMap& map, const TerminalStyle& style) {
  std::string out = map.title.empty() ? "" : clean(map.title) + "\n";
  if (map.rows.size() <= 1) return out + one_row(map, style);
  std::size_t width = 1;
  for (const std::string& name : map.rows) width = std::max(width, columns_of(clean(name)));
  width = std::min<std::size_t>(width, 24);
  const std::vector<double> part = shares(map);
  std::string numbers;
  for (std::size_t c = 0; c < map.columns.size(); ++c) numbers += fmt::format("{:>2} ", c % 100);
  out += std::string(width + 3, ' ') + numbers + "\n";
  for (std::size_t r = 0; r < map.rows.size(); ++r) {
    out += "  " + padded(clean(map.rows[r]), width) + " ";
    for (std::size_t c = 0; c < map.columns.size(); ++c) {
      const double share = part[r * map.columns.size() + c];
      const std::string shade = shades[static_cast<std::size_t>(std::lround(std::fabs(share) * 4))];
      out += style.color ? painted("  ", share, true) + " " : (share < 0 ? "-" + shade : shade + shade) + " ";
    }
    out += "\n";
  }
  for (std::size_t c = 0; c < map.columns.size(); ++c)
    out += fmt::format("{}{} {}", c == 0 ? "  " : "  ", c, clean(map.columns[c]));
  return out + "\n";
}

std::string svg(const HeatMap& map) {
  constexpr double cell_width = 34, cell_height = 26, letter = 7.2, margin = 14;
  double left = 10, above = 10;
  for (const std::string& name : map.rows)
    left = std::max(left, letter * static_cast<double>(columns_of(name)));
  for (const std::string& name : map.columns)
    above = std::max(above, letter * static_cast<double>(columns_of(name)));
  const double title = map.title.empty() ? 0 : 26;
  const double x0 = margin + left + 6, y0 = margin + title + above + 6;
  const double width = x0 + cell_width * static_cast<double>(map.columns.size()) + margin;
  const double height = y0 + cell_height * static_cast<double>(map.rows.size()) + margin;
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" "
      "height=\"{1:.0f}\" role=\"img\">\n<title>{2}</title>\n<style>text{{font:12px system-ui,'Noto "
      "Sans','Noto Sans CJK SC',sans-serif;fill:#1c1b19}}.ground{{fill:#fcfcfb}}.plus{{fill:#1f5fae}}"
      ".minus{{fill:#c24e00}}.n{{font-size:10px}}.head{{font-size:15px;font-weight:600}}@media "
      "(prefers-color-scheme:dark){{text{{fill:#eceae5}}.ground{{fill:#181817}}.plus{{fill:#4f90dd}}"
      ".minus{{fill:#e07b35}}}}</style>\n<rect class=\"ground\" width=\"100%\" height=\"100%\"/>\n",
      width, height, escaped(map.title));
  if (title > 0)
    out += fmt::format("<text class=\"head\" x=\"{:.0f}\" y=\"{:.0f}\">{}</text>\n", margin, margin + 14,
                       escaped(map.title));
  for (std::size_t c = 0; c < map.columns.size(); ++c) {
    const double x = x0 + cell_width * (static_cast<double>(c) + 0.5) + 4;
    out += fmt::format("<text transform=\"translate({:.1f} {:.1f}) rotate(-90)\">{}</text>\n", x, y0 - 6,
                       escaped(map.columns[c]));
  }
  const std::vector<double> part = shares(map);
  for (std::size_t r = 0; r < map.rows.size(); ++r) {
    const double y = y0 + cell_height * static_cast<double>(r);
    out += fmt::format("<text text-anchor=\"end\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", x0 - 6, y + 17,
                       escaped(map.rows[r]));
    for (std::size_t c = 0; c < map.columns.size(); ++c) {
      const std::size_t i = r * map.columns.size() + c;
      if (part[i] == 0) continue;
      const double x = x0 + cell_width * static_cast<double>(c);
      out += fmt::format(
          "<rect class=\"{}\" fill-opacity=\"{:.3f}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{}\" height=\"{}\" "
          "rx=\"3\"><title>{} / {}: {:.4g}</title></rect>\n",
          part[i] < 0 ? "minus" : "plus", std::fabs(part[i]), x + 1, y + 1, cell_width - 2, cell_height - 2,
          escaped(map.rows[r]), escaped(map.columns[c]), map.values[i]);
    }
  }
  return out + "</svg>\n";
}

}  // namespace regard::chart
