#include "regard/chart/svg.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "regard/chart/png.h"
#include "regard/chart/small_multiples.h"

namespace regard::chart {
namespace {

// The elements of a document in order, once it has been seen that tags are closed in order, attributes are
// quoted and text holds no markup. Enough of XML for what svg() writes.
struct Elements {
  std::vector<std::string> tags;   // "path class="axis" d="...""
  std::vector<std::string> texts;  // between tags, but white space
  bool well_formed = true;
};
Elements parse(const std::string& xml) {
  Elements found;
  std::vector<std::string> open;
  for (std::size_t at = 0; at < xml.size();) {
    if (xml[at] != '<') {
      const std::size_t end = std::min(xml.find('<', at), xml.size());
      const std::string text = xml.substr(at, end - at);
      if (text.find_first_not_of(" \n") != std::string::npos) found.texts.push_back(text);
      at = end;
      continue;
    }
    const std::size_t end = xml.find('>', at);
    if (end == std::string::npos) return found.well_formed = false, found;
    std::string tag = xml.substr(at + 1, end - at - 1);
    at = end + 1;
    if (tag[0] == '/') {
      if (open.empty() || open.back() != tag.substr(1)) return found.well_formed = false, found;
      open.pop_back();
      continue;
    }
    const bool empty = tag.back() == '/';
    if (empty) tag.pop_back();
    if (std::count(tag.begin(), tag.end(), '"') % 2 != 0) return found.well_formed = false, found;
    found.tags.push_back(tag);
    if (!empty) open.push_back(tag.substr(0, tag.find(' ')));
  }
  found.well_formed = found.well_formed && open.empty();
  return found;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

Figure two_runs() {
  Figure figure{"Curves", "updates", {"one", "two"}, "training", "validation", {}};
  Panel loss{"Loss", {}, Scale::linear};
  for (std::size_t run = 0; run < 2; ++run) {
    Curve training{"training", {}, run, Mark::line}, validation{"validation", {}, run, Mark::dots};
    for (int i = 1; i <= 100; ++i)
      training.points.push_back({i * 10.0, 5.0 / i + 0.1 * static_cast<double>(run)});
    for (int i = 1; i <= 5; ++i) validation.points.push_back({i * 200.0, 3.0 / i});
    loss.curves.push_back(training);
    loss.curves.push_back(validation);
  }
  figure.panels = {loss, {"Rate", {{"rate", {{0, 0}, {1000, 1e-3}}}}}, {"Empty", {}}};
  return figure;
}

TEST(Svg, IsOneDocumentWithEveryPart) {
  const std::string text = svg(two_runs());
  const Elements found = parse(text);
  ASSERT_TRUE(found.well_formed) << text;
  EXPECT_EQ(found.tags.front().rfind("svg xmlns=\"http://www.w3.org/2000/svg\"", 0), 0U);
  for (const char* label :
       {"Curves", "one", "two", "training", "validation", "Loss", "Rate", "updates", "1000", "4"})
    EXPECT_NE(std::find(found.texts.begin(), found.texts.end(), label), found.texts.end()) << label;
  EXPECT_EQ(count(text, "class=\"curve line s"), 4U);  // one of the legend
  EXPECT_EQ(count(text, "class=\"curve dots s"), 5U);  // three of the legend
  EXPECT_EQ(count(text, "no values to draw"), 1U);
  EXPECT_NE(text.find("prefers-color-scheme:dark"), std::string::npos);
  // Nothing is asked of the network.
  EXPECT_EQ(count(text, "http"), 1U);
  EXPECT_EQ(text.find("nan"), std::string::npos);
}

TEST(Svg, CurvesLieWhereTheirAxesSay) {
  Figure figure{"", "x", {}, "", "", {{"p", {{"c", {{0, 0}, {5, 10}, {10, 5}}}}}}};
  const std::string text = svg(figure);
  const std::size_t at = text.find("class=\"curve line s0\" d=\"M");
  ASSERT_NE(at, std::string::npos);
  double x[3], y[3];
  ASSERT_EQ(std::sscanf(text.c_str() + at, "class=\"curve line s0\" d=\"M%lf %lfL%lf %lfL%lf %lf\"", &x[0],
                        &y[0], &x[1], &y[1], &x[2], &y[2]),
            6);
  EXPECT_NEAR(x[1], (x[0] + x[2]) / 2, 0.11);
  EXPECT_NEAR(y[2], (y[0] + y[1]) / 2, 0.11);
  EXPECT_LT(y[1], y[0]);  // up is less
}

TEST(Svg, TextIsNeverMarkup) {
  Figure figure = two_runs();
  figure.title = "<script>alert(1)</script> & \"quotes\" 'x'";
  figure.groups[0] = "</text><b onload='x'>";
  figure.groups[1] = std::string("bad \xFF\xC3 and \x01 and \0", 18);
  figure.panels[0].title = "a\" onload=\"b";
  const std::string text = svg(figure);
  const Elements found = parse(text);
  EXPECT_TRUE(found.well_formed);
  for (const std::string& tag : found.tags)
    for (const char* bad : {"script", "b ", "b>"}) EXPECT_NE(tag.rfind(bad, 0), 0U) << tag;
  EXPECT_EQ(count(text, " onload=\""), 0U);
  EXPECT_NE(text.find("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;quotes&quot; &#39;x&#39;"),
            std::string::npos);
  EXPECT_EQ(text.find('\x01'), std::string::npos);
  EXPECT_EQ(text.find('\0'), std::string::npos);
  EXPECT_EQ(text.find('\xFF'), std::string::npos);
}

TEST(Svg, WhatIsNotFiniteInterruptsACurve) {
  Figure figure{"", "x", {}, "", "", {{"p", {{"c", {{0, 1}, {1, 2}, {2, std::nan("")}, {3, 2}, {4, 1}}}}}}};
  const std::string text = svg(figure);
  const std::size_t begin = text.find("class=\"curve line s0\" d=\"") + 25;
  const std::string path = text.substr(begin, text.find('"', begin) - begin);
  EXPECT_EQ(count(path, "M"), 2U);
  EXPECT_EQ(count(path, "L"), 2U);
}

std::uint32_t number_at(const std::string& bytes, std::size_t at) {
  std::uint32_t n = 0;
  for (std::size_t i = 0; i < 4; ++i) n = n << 8U | static_cast<unsigned char>(bytes[at + i]);
  return n;
}

// Taken apart as a reader does: every chunk with its checksum, and the points as they went in.
TEST(Png, HoldsItsShades) {
  const std::vector<std::uint8_t> shades{0, 10, 255, 7, 8, 9};
  const std::string png = png_of_shades(shades, 3, {1, 2, 3});
  ASSERT_EQ(png.substr(0, 8), "\x89PNG\r\n\x1a\n");
  std::map<std::string, std::string> chunks;
  for (std::size_t at = 8; at < png.size();) {
    const std::size_t size = number_at(png, at);
    const std::string summed = png.substr(at + 4, size + 4);
    EXPECT_EQ(number_at(png, at + 8 + size),
              crc32(0, reinterpret_cast<const Bytef*>(summed.data()), static_cast<uInt>(summed.size())));
    chunks[summed.substr(0, 4)] = summed.substr(4);
    at += 12 + size;
  }
  EXPECT_EQ(chunks.size(), 5U);
  EXPECT_EQ(number_at(chunks["IHDR"], 0), 3U);
  EXPECT_EQ(number_at(chunks["IHDR"], 4), 2U);
  EXPECT_EQ(chunks["PLTE"], "\1\2\3\1\2\3\1\2\3\1\2\3\1\2\3\1\2\3");
  EXPECT_EQ(chunks["tRNS"], std::string("\0\x07\x08\x09\x0a\xff", 6));
  std::string lines(8, 'x');
  uLongf size = lines.size();
  ASSERT_EQ(uncompress(reinterpret_cast<Bytef*>(lines.data()), &size,
                       reinterpret_cast<const Bytef*>(chunks["IDAT"].data()),
                       static_cast<uLong>(chunks["IDAT"].size())),
            Z_OK);
  EXPECT_EQ(lines, std::string("\0\0\4\5\0\1\2\3", 8));
}

TEST(Svg, ShowsManySmallMaps) {
  const SmallMap map{"<0>", 2, {0, 255, 9, 9}};
  const std::string text = svg(SmallMultiples{"a & b", {{"first", {map, map}}, {"second", {map}}}});
  const Elements found = parse(text);
  ASSERT_TRUE(found.well_formed) << text;
  EXPECT_EQ(count(text, "<image "), 3U);
  EXPECT_EQ(count(text, "data:image/png;base64,iVBORw0KGgo"), 3U);
  EXPECT_EQ(count(text, "&lt;0&gt;"), 3U);
  for (const char* label : {"a &amp; b", "first", "second"})
    EXPECT_NE(std::find(found.texts.begin(), found.texts.end(), label), found.texts.end()) << label;
}

TEST(Svg, StaysSmallWithManyPoints) {
  Figure figure{"", "x", {}, "", "", {{"p", {{"c", {}}}}}};
  for (int i = 0; i < 300000; ++i)
    figure.panels[0].curves[0].points.push_back({i + 0.0, std::fmod(i * 0.37, 1)});
  EXPECT_LT(svg(figure).size(), 100000U);
}

}  // namespace
}  // namespace regard::chart
