#include "regard/chart/terminal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "regard/base/json.h"
#include "regard/chart/axis.h"

namespace regard::chart {
namespace {

constexpr int label_columns = 8, large_rows = 15, small_rows = 8;
constexpr std::array<const char*, 6> colors{"36", "33", "32", "35", "34", "31"};
constexpr const char* dot = "●";

std::string clean(const std::string& text) {
  std::string out = parse_json(to_line(Json(text)), "text").get<std::string>();  // U+FFFD for bad UTF-8
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  return out;
}

std::string utf8(std::uint32_t code) {  // of a braille pattern: three bytes
  return {static_cast<char>(0xE0U | code >> 12U), static_cast<char>(0x80U | (code >> 6U & 0x3FU)),
          static_cast<char>(0x80U | (code & 0x3FU))};
}

// Cells of a plot: each has up to eight dots, or a character over them, and the group that drew last.
class Canvas {
 public:
  Canvas(int columns, int rows)
      : columns_(columns), rows_(rows), cells_(static_cast<std::size_t>(columns * rows)) {}

  int dots_across() const { return 2 * columns_; }
  int dots_down() const { return 4 * rows_; }
  void set_dot(int x, int y, std::size_t group) {
    static constexpr std::array<std::array<std::uint8_t, 2>, 4> bits{
        {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}};
    Cell& cell = at(x / 2, y / 4);
    cell.dots |= bits[static_cast<std::size_t>(y % 4)][static_cast<std::size_t>(x % 2)];
    if (cell.text.empty()) cell.group = group;
  }
  void set_text(int x, int y, const std::string& text, std::size_t group) {
    Cell& cell = at(x / 2, y / 4);
    cell.text = text;
    cell.group = group;
  }
  std::string row(int row, bool color) const;

 private:
  struct Cell {
    std::uint8_t dots = 0;
    std::string text;
    std::size_t group = 0;
  };
  Cell& at(int column, int row) { return cells_[static_cast<std::size_t>(row * columns_ + column)]; }

  int columns_, rows_;
  std::vector<Cell> cells_;
};

std::string Canvas::row(int row, bool color) const {
  std::string line;
  int blanks = 0;  // held back: none at the end of a line
  const char* current = "";
  for (int column = 0; column < columns_; ++column) {
    const Cell& cell = cells_[static_cast<std::size_t>(row * columns_ + column)];
    if (cell.dots == 0 && cell.text.empty()) {
      ++blanks;
      continue;
    }
    line.append(static_cast<std::size_t>(blanks), ' ');
    blanks = 0;
    const char* wanted = colors[cell.group % colors.size()];
    if (color && wanted != current) line += fmt::format("\x1b[{}m", current = wanted);
    line += cell.text.empty() ? utf8(0x2800U + cell.dots) : cell.text;
  }
  return color && *current != '\0' ? line + "\x1b[0m" : line;
}

class Drawing {
 public:
  Drawing(const Figure& figure, const TerminalStyle& style)
      : figure_(figure),
        color_(style.color),
        columns_(std::max(40, style.width) - label_columns - 3),
        letters_(!style.color && figure.groups.size() > 1) {}

  std::string text();

 private:
  void legend();
  void panel(const Panel& panel, int rows);
  void curve(Canvas& canvas, const Curve& curve, const Axis& x, const Axis& y) const;
  void segment(Canvas& canvas, Point from, Point to, const Curve& curve) const;
  void bottom(const Axis& x);
  std::string painted(const std::string& text, const char* code) const {
    return color_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
  }
  static std::string letter(std::size_t group, Mark mark) {
    return std::string(1,
                       static_cast<char>((mark == Mark::dots ? 'A' : 'a') + static_cast<char>(group % 26)));
  }

  const Figure& figure_;
  std::optional<Range> x_range_ = x_range(figure_);
  bool color_;
  int columns_;
  bool letters_;
  std::string out_;
};

void Drawing::legend() {
  std::string line;
  for (std::size_t g = 0; g < figure_.groups.size(); ++g) {
    const std::string key = letters_ ? letter(g, Mark::line) + " " + letter(g, Mark::dots)
                                     : painted("──", colors[g % colors.size()]);
    out_ += fmt::format("  {}  {}\n", key, clean(figure_.groups[g]));
  }
  const auto means = [&](const std::string& sign, const std::string& meaning) {
    if (!meaning.empty()) line += fmt::format("  {}  {}", sign, meaning);
  };
  means(letters_ ? "a b ..." : "──", figure_.line_means);
  means(letters_ ? "A B ..." : dot, figure_.dots_mean);
  if (!line.empty()) out_ += painted(line, "2") + "\n";
}

void Drawing::segment(Canvas& canvas, Point from, Point to, const Curve& curve) const {
  const double length = std::max(std::abs(to.x - from.x), std::abs(to.y - from.y));
  const int steps = std::max(1, static_cast<int>(std::ceil(length)));
  for (int i = 0; i <= steps; ++i) {
    const double t = static_cast<double>(i) / steps;
    const int x = static_cast<int>(std::lround(from.x + t * (to.x - from.x)));
    const int y = static_cast<int>(std::lround(from.y + t * (to.y - from.y)));
    if (letters_)
      canvas.set_text(x, y, letter(curve.group, curve.mark), curve.group);
    else
      canvas.set_dot(x, y, curve.group);
  }
}

void Drawing::curve(Canvas& canvas, const Curve& curve, const Axis& x, const Axis& y) const {
  const auto place = [&](const Point& p) {
    return Point{x.place(p.x) * (canvas.dots_across() - 1), (1 - y.place(p.y)) * (canvas.dots_down() - 1)};
  };
  const Point* before = nullptr;
  for (const Point& p : curve.points) {
    if (!drawable(p, y.scale)) {
      before = nullptr;
      continue;
    }
    const Point to = place(p);
    segment(canvas, before == nullptr ? to : place(*before), to, curve);
    before = &p;
  }
  if (curve.mark == Mark::line || letters_) return;
  for (const Point& p : curve.points) {
    if (!drawable(p, y.scale)) continue;
    const Point at = place(p);
    canvas.set_text(static_cast<int>(std::lround(at.x)), static_cast<int>(std::lround(at.y)), dot,
                    curve.group);
  }
}

// The axis with its ticks, and labels that do not touch each other.
void Drawing::bottom(const Axis& x) {
  std::vector<std::string> line(static_cast<std::size_t>(columns_), "─");
  std::string labels(static_cast<std::size_t>(columns_ + label_columns + 3), ' ');
  std::size_t free = 0;
  for (const Tick& t : x.ticks) {
    const auto at = static_cast<std::size_t>(std::lround(x.place(t.value) * (columns_ - 1)));
    line[at] = "┬";
    const std::size_t middle = at + label_columns + 2;
    const std::size_t begin =
        std::min(middle - std::min(middle, t.label.size() / 2), labels.size() - t.label.size());
    if (begin < free) continue;
    labels.replace(begin, t.label.size(), t.label);
    free = begin + t.label.size() + 2;
  }
  out_ += fmt::format("{:>{}} └{}\n", "", label_columns, fmt::join(line, ""));
  labels.erase(labels.find_last_not_of(' ') + 1);
  out_ += labels + "\n";
}

void Drawing::panel(const Panel& panel, int rows) {
  out_ +=
      "\n" + painted(clean(panel.title) + (panel.scale == Scale::log ? " (logarithmic)" : ""), "1") + "\n";
  const auto ys = y_range(panel);
  if (!x_range_ || !ys) {
    out_ += "  no values to draw\n";
    return;
  }
  const Axis x = axis_over(*x_range_, {.ticks = std::max(2, columns_ / 10)});
  const Axis y = axis_over(*ys, {panel.scale, Ends::round, rows > 10 ? 6 : 4});
  Canvas canvas(columns_, rows);
  for (const Curve& c : panel.curves) curve(canvas, c, x, y);
  std::vector<std::string> labels(static_cast<std::size_t>(rows));
  for (const Tick& t : y.ticks)
    labels[static_cast<std::size_t>(std::lround((1 - y.place(t.value)) * (rows - 1)))] = t.label;
  for (int row = 0; row < rows; ++row) {
    const std::string& label = labels[static_cast<std::size_t>(row)];
    out_ += fmt::format("{:>{}} {}{}\n", label, label_columns, label.empty() ? "│" : "┤",
                        canvas.row(row, color_));
  }
  bottom(x);
}

std::string Drawing::text() {
  out_ = painted(clean(figure_.title), "1") + "\n";
  legend();
  for (std::size_t i = 0; i < figure_.panels.size(); ++i)
    panel(figure_.panels[i], i == 0 ? large_rows : small_rows);
  out_ += fmt::format("{:>{}}  {}\n", "", label_columns, painted(clean(figure_.x_label), "2"));
  return out_;
}

}  // namespace

std::string terminal_chart(const Figure& figure, const TerminalStyle& style) {
  return Drawing(figure, style).text();
}

}  // namespace regard::chart
