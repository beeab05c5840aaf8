#include "regard/chart/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "regard/base/json.h"
#include "regard/chart/axis.h"

namespace regard::chart {
namespace {

constexpr double width = 960, margin = 24;
constexpr double left = 56, right = 52, above = 34, below = 42;  // of a panel, around its plot
constexpr double gap = 18;
constexpr double large_height = 360, small_height = 230;
constexpr double letter = 6.8;  // mean width at 12 px; only the legend's breaks depend on it
constexpr std::size_t most_dots = 80, most_ends = 8;

struct Color {
  const char *on_light, *on_dark;
};
// Told apart also by most who see few colors (after Okabe and Ito, 2008), each with a contrast of at least 3
// to its ground.
constexpr std::array<Color, 8> palette{{{"#0b62b0", "#6db3f2"},
                                        {"#c24e00", "#ff9d5c"},
                                        {"#00795a", "#3fcfa4"},
                                        {"#a83a86", "#ec94cf"},
                                        {"#7d6100", "#dfc04a"},
                                        {"#5b4fc7", "#ada5ff"},
                                        {"#0b7f93", "#5fd3e6"},
                                        {"#5d5a55", "#bdb9b1"}}};

struct Box {
  double x = 0, y = 0, width = 0, height = 0;
};

std::string style() {
  std::string css =
      "text{font-family:system-ui,-apple-system,'Segoe UI','Noto "
      "Sans',sans-serif;font-size:12px;fill:#1c1b19}"
      ".ground{fill:#fcfcfb}.soft{fill:#5c5a55}.title{font-size:19px;font-weight:600}"
      ".head{font-size:14px;font-weight:600}.grid{stroke:#e4e2dd}.axis{stroke:#a5a29b}"
      ".curve{fill:none;stroke-linejoin:round;stroke-linecap:round}"
      ".line{stroke-width:1.4;stroke-opacity:.75}.dots{stroke-width:2.2}"
      ".end{font-size:11px;font-variant-numeric:tabular-nums}.soft-key{stroke:#5c5a55;fill:#5c5a55}";
  std::string dark =
      "text{fill:#eceae5}.ground{fill:#181817}.soft{fill:#a8a59e}.grid{stroke:#32312e}.axis{stroke:#6d6a64}"
      ".soft-key{stroke:#a8a59e;fill:#a8a59e}.line{stroke-opacity:.8}";
  for (std::size_t i = 0; i < palette.size(); ++i) {
    css += fmt::format(".s{0}{{stroke:{1}}}.f{0}{{fill:{1}}}", i, palette[i].on_light);
    dark += fmt::format(".s{0}{{stroke:{1}}}.f{0}{{fill:{1}}}", i, palette[i].on_dark);
  }
  return "<style>" + css + "@media (prefers-color-scheme:dark){" + dark + "}</style>\n";
}

std::size_t color_of(std::size_t group) { return group % palette.size(); }
// Groups beyond the palette repeat its colors with broken lines.
std::string dashes(std::size_t group) {
  if (group < palette.size()) return "";
  return fmt::format(" stroke-dasharray=\"{} 4\"", 3 + 4 * (group / palette.size()));
}

double text_width(const std::string& text) {
  double columns = 0;  // a letter beyond Latin counts twice
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    columns += byte < 0x80 ? 1 : (byte >= 0xE3 ? 2 : (byte >= 0xC0 ? 1 : 0));
  }
  return columns * letter;
}

// What is drawn from top to bottom, with its own idea of where it is.
class Drawing {
 public:
  explicit Drawing(const Figure& figure) : figure_(figure) {}
  std::string text();

 private:
  void legend();
  void panel(const Panel& panel, const Box& box);
  void axes(const Box& plot, const Axis& x, const Axis& y);
  void curve(const Curve& curve, const Box& plot, const Axis& x, const Axis& y);
  void ends(const Panel& panel, const Box& plot, const Axis& x, const Axis& y);
  template <class... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(body_), format, std::forward<Args>(args)...);
    body_ += '\n';
  }

  const Figure& figure_;
  std::optional<Range> x_range_ = x_range(figure_);
  std::string body_;
  double y_ = margin;
};

void Drawing::legend() {
  double x = margin;
  const auto room_for = [&](const std::string& name) {
    const double needed = 30 + text_width(name) + 18;
    if (x > margin && x + needed > width - margin) {
      x = margin;
      y_ += 20;
    }
    const double at = x;
    x += needed;
    return at;
  };
  const auto key = [&](double at, Mark mark, const std::string& color) {
    put(R"(<path class="curve {} {}" d="M{:.1f} {:.1f}h22"/>)", mark == Mark::dots ? "dots" : "line", color,
        at, y_ - 4);
  };
  y_ += 18;
  for (std::size_t g = 0; g < figure_.groups.size(); ++g) {
    const double at = room_for(figure_.groups[g]);
    put(R"(<path class="curve dots s{}"{} d="M{:.1f} {:.1f}h22"/>)", color_of(g), dashes(g), at, y_ - 4);
    put(R"(<text x="{:.1f}" y="{:.1f}">{}</text>)", at + 30, y_, escaped(figure_.groups[g]));
  }
  if (x > margin) x += 12;
  for (const auto& [mark, name] :
       {std::pair(Mark::line, figure_.line_means), {Mark::dots, figure_.dots_mean}}) {
    if (name.empty()) continue;
    const double at = room_for(name);
    key(at, mark, "soft-key");
    if (mark == Mark::dots)
      put(R"(<circle class="soft-key" cx="{:.1f}" cy="{:.1f}" r="3.2"/>)", at + 11, y_ - 4);
    put(R"(<text class="soft" x="{:.1f}" y="{:.1f}">{}</text>)", at + 30, y_, escaped(name));
  }
}

void Drawing::axes(const Box& plot, const Axis& x, const Axis& y) {
  const double bottom = plot.y + plot.height;
  for (const Tick& t : y.ticks) {
    const double at = bottom - y.place(t.value) * plot.height;
    put(R"(<path class="grid" d="M{:.1f} {:.1f}h{:.1f}"/><text class="soft" x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>)",
        plot.x, at, plot.width, plot.x - 8, at + 4, t.label);
  }
  for (const Tick& t : x.ticks) {
    const double at = plot.x + x.place(t.value) * plot.width;
    put(R"(<path class="axis" d="M{:.1f} {:.1f}v5"/><text class="soft" x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>)",
        at, bottom, at, bottom + 18, t.label);
  }
  put(R"(<path class="axis" d="M{:.1f} {:.1f}h{:.1f}"/>)", plot.x, bottom, plot.width);
  put(R"(<text class="soft" x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>)", plot.x + plot.width / 2,
      bottom + 34, escaped(figure_.x_label));
}

void Drawing::curve(const Curve& curve, const Box& plot, const Axis& x, const Axis& y) {
  const auto points = thinned(curve.points, x, static_cast<std::size_t>(plot.width));
  const auto at_x = [&](const Point& p) { return plot.x + x.place(p.x) * plot.width; };
  const auto at_y = [&](const Point& p) { return plot.y + (1 - y.place(p.y)) * plot.height; };
  std::string path, dots;
  std::size_t drawn = 0;
  char command = 'M';
  for (const Point& p : points) {
    if (!drawable(p, y.scale)) {
      command = 'M';
      continue;
    }
    path += fmt::format("{}{:.1f} {:.1f}", command, at_x(p), at_y(p));
    dots += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.2\"/>", at_x(p), at_y(p));
    command = 'L';
    ++drawn;
  }
  const bool with_dots = drawn == 1 || (curve.mark == Mark::dots && drawn <= most_dots);
  const std::size_t color = color_of(curve.group);
  put(R"(<g><title>{}</title><path class="curve {} s{}"{} d="{}"/>)", escaped(curve.name),
      curve.mark == Mark::dots ? "dots" : "line", color, dashes(curve.group), path);
  if (with_dots) put(R"(<g class="f{}">{}</g>)", color, dots);
  put("</g>");
}

// The last value beside the end of each curve; labels that would cover each other move apart.
void Drawing::ends(const Panel& panel, const Box& plot, const Axis& x, const Axis& y) {
  struct End {
    double y, value;
    std::size_t color;
  };
  constexpr double apart = 12;
  std::vector<End> list;
  for (const Curve& c : panel.curves) {
    const auto last = std::find_if(c.points.rbegin(), c.points.rend(),
                                   [&](const Point& p) { return drawable(p, panel.scale); });
    if (last == c.points.rend() || x.place(last->x) < 0.6) continue;  // too far away to be understood
    list.push_back({plot.y + (1 - y.place(last->y)) * plot.height, last->y, color_of(c.group)});
  }
  if (list.size() > most_ends) return;
  std::sort(list.begin(), list.end(), [](const End& a, const End& b) { return a.y < b.y; });
  for (std::size_t i = 1; i < list.size(); ++i) list[i].y = std::max(list[i].y, list[i - 1].y + apart);
  double floor = plot.y + plot.height;
  for (std::size_t i = list.size(); i-- > 0; floor -= apart) list[i].y = std::min(list[i].y, floor);
  for (const End& e : list)
    put(R"(<text class="end f{}" x="{:.1f}" y="{:.1f}">{}</text>)", e.color, plot.x + plot.width + 8, e.y + 4,
        value_label(e.value));
}

void Drawing::panel(const Panel& panel, const Box& box) {
  put(R"(<g role="group" aria-label="{0}"><text class="head" x="{1:.1f}" y="{2:.1f}">{0}</text>)",
      escaped(panel.title + (panel.scale == Scale::log ? " (logarithmic)" : "")), box.x, box.y + 16);
  const Box plot{box.x + left, box.y + above, box.width - left - right, box.height - above - below};
  const auto ys = y_range(panel);
  if (x_range_ && ys) {
    const Axis x = axis_over(*x_range_, {.ticks = plot.width > 500 ? 9 : 5});
    const Axis y = axis_over(*ys, {panel.scale, Ends::round, plot.height > 200 ? 7 : 5});
    axes(plot, x, y);
    for (const Curve& c : panel.curves) curve(c, plot, x, y);
    ends(panel, plot, x, y);
  } else {
    put(R"(<text class="soft" x="{:.1f}" y="{:.1f}">no values to draw</text>)", plot.x, plot.y + 20);
  }
  put("</g>");
}

std::string Drawing::text() {
  y_ += 19;
  put(R"(<text class="title" x="{}" y="{:.1f}">{}</text>)", margin, y_, escaped(figure_.title));
  y_ += 8;
  legend();
  y_ += gap;
  const double whole = width - 2 * margin, half = (whole - gap) / 2;
  const std::size_t count = figure_.panels.size();
  for (std::size_t i = 0; i < count;) {
    const bool alone = i == 0 || i + 1 == count;
    const double height = i == 0 ? large_height : small_height;
    panel(figure_.panels[i], {margin, y_, alone ? whole : half, height});
    if (!alone) panel(figure_.panels[i + 1], {margin + half + gap, y_, half, height});
    i += alone ? 1 : 2;
    y_ += height + gap;
  }
  const double height = y_ - gap + margin;
  return fmt::format(
             R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1:.0f}" viewBox="0 0 {0} {1:.0f}" role="img" aria-label="{2}">
<title>{2}</title>
)",
             width, height, escaped(figure_.title)) +
         style() + "<rect class=\"ground\" width=\"100%\" height=\"100%\"/>\n" + body_ + "</svg>\n";
}

}  // namespace

std::string escaped(const std::string& text) {
  // Writing JSON puts U+FFFD for what is no UTF-8.
  const std::string valid = parse_json(to_line(Json(text)), "text").get<std::string>();
  std::string out;
  for (const char c : valid) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' ? "\xEF\xBF\xBD"
                                                                              : std::string(1, c);
    }
  }
  return out;
}

std::string svg(const Figure& figure) { return Drawing(figure).text(); }

}  // namespace regard::chart
