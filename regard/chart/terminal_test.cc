#include "regard/chart/terminal.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>
#include <string>
#include <vector>

namespace regard::chart {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

int columns(const std::string& line) {  // each code point as one, escape sequences as none
  int n = 0;
  bool escape = false;
  for (const char c : line) {
    if (c == '\x1b') escape = true;
    if (!escape && (static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++n;
    if (escape && c == 'm') escape = false;
  }
  return n;
}

Figure falling(std::size_t runs) {
  Figure figure{"Falling", "updates", {}, "training", "validation", {}};
  Panel panel{"Loss", {}, Scale::linear};
  for (std::size_t r = 0; r < runs; ++r) {
    if (runs > 1) figure.groups.push_back("run" + std::to_string(r));
    const double more = 3.0 * static_cast<double>(r);
    panel.curves.push_back({"t", {{0, 10 + more}, {100, more}}, r, Mark::line});
    panel.curves.push_back({"v", {{50, 8 + more}, {100, 2 + more}}, r, Mark::dots});
  }
  figure.panels = {panel, panel};
  return figure;
}

TEST(Terminal, KeepsItsWidth) {
  for (const int width : {40, 80, 173})
    for (const bool color : {false, true}) {
      const auto lines = lines_of(terminal_chart(falling(2), {width, color}));
      int widest = 0;
      for (const std::string& line : lines) widest = std::max(widest, columns(line));
      EXPECT_LE(widest, width);
      EXPECT_GE(widest, width - 4);
    }
  EXPECT_LE(columns(lines_of(terminal_chart(falling(1), {3, false}))[5]), 40);
}

TEST(Terminal, EscapesStandOnlyWhereColorIsWanted) {
  EXPECT_EQ(terminal_chart(falling(3), {80, false}).find('\x1b'), std::string::npos);
  EXPECT_NE(terminal_chart(falling(3), {80, true}).find("\x1b[36m"), std::string::npos);
  // A color is always ended on its line.
  for (const std::string& line : lines_of(terminal_chart(falling(3), {80, true}))) {
    if (line.find('\x1b') == std::string::npos) continue;
    EXPECT_EQ(line.rfind("\x1b[0m"), line.rfind('\x1b')) << line;
  }
}

TEST(Terminal, RunsWithoutColorAreLetters) {
  const std::string text = terminal_chart(falling(2), {80, false});
  for (const char* part : {"a A  run0", "b B  run1", "a b ...  training", "A B ...  validation"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  EXPECT_EQ(text.find("⠀"), std::string::npos);
  EXPECT_EQ(text.find("●"), std::string::npos);
  const std::string single = terminal_chart(falling(1), {80, false});
  EXPECT_NE(single.find("●"), std::string::npos);
}

// The curve falls from the first row's left to the last row's right.
TEST(Terminal, DrawsWhereTheAxesSay) {
  Figure figure{"t", "x", {}, "", "", {{"p", {{"c", {{0, 10}, {100, 0}}}}}}};
  const auto lines = lines_of(terminal_chart(figure, {80, false}));
  std::size_t top = 0;
  while (lines[top].find("┤") == std::string::npos) ++top;
  EXPECT_EQ(lines[top].find("10 ┤"), 6U);
  EXPECT_LT(columns(lines[top]), 20);
  std::size_t bottom = top;
  while (lines[bottom].find("└") == std::string::npos) ++bottom;
  EXPECT_EQ(columns(lines[bottom - 1]), columns(lines[bottom]));
  EXPECT_NE(lines[bottom - 1].find("0 ┤"), std::string::npos);
  EXPECT_EQ(lines[bottom + 1].find("0"), 10U);
  EXPECT_NE(lines[bottom + 1].find("100"), std::string::npos);
}

TEST(Terminal, SurvivesAnyData) {
  Figure figure{"bad \xFF\x1b[31m", "x", {}, "", "", {}};
  const double nan = std::nan("");
  figure.panels = {{"none", {}},
                   {"one", {{"c", {{5, 5}}}}},
                   {"gap", {{"c", {{0, nan}, {1, 1}, {2, nan}, {3, 1e9}}}}},
                   {"log", {{"c", {{0, 0}, {1, -1}}}}, Scale::log}};
  const std::string text = terminal_chart(figure, {80, false});
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(text.find("no values to draw"), std::string::npos);
}

}  // namespace
}  // namespace regard::chart
