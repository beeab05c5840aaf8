#include "regard/explain/page.h"

#include <gtest/gtest.h>

namespace regard::explain {
namespace {

Page small_page() {
  Explanation e{.task = "translation",
                .text = "two </script><script>alert(1)</script>",
                .result = "<img onerror=alert(2)>"};
  e.sides = {{"source", e.text, {{"▁two", 1, false, false}, {"</script>", 2, false, false}}},
             {"target", "二", {{"<pad>", 0, true, false}}}};
  e.attention.push_back({{AttentionPart::cross, 0}, 2, 1, 2, {64, 191, 255, 0}, {{}, {}}});
  return {"<i>Where & what</i>", "@DATA@ \"note\"", {{"", e}}};
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

TEST(Page, TextIsNeverMarkup) {
  const std::string html = html_page(small_page());
  EXPECT_EQ(count(html, "<script"), 2U);
  EXPECT_EQ(count(html, "</script"), 2U);
  EXPECT_EQ(count(html, "<img"), 0U);
  EXPECT_EQ(count(html, "<i>Where"), 0U);
  EXPECT_NE(html.find("<title>&lt;i&gt;Where &amp; what&lt;/i&gt;</title>"), std::string::npos);
  EXPECT_NE(html.find("\\u003c/script>\\u003cscript>alert(1)"), std::string::npos);
  EXPECT_NE(html.find("@DATA@ &quot;note&quot;"), std::string::npos);
}

TEST(Page, NeedsNothingFromAnywhere) {
  const std::string html = html_page(small_page());
  for (const char* part : {"http:", "https:", "src=", "@import", "url(", "innerHTML", "@TITLE@", "@SCRIPT@"})
    EXPECT_EQ(count(html, part), 0U) << part;
  EXPECT_NE(html.find("\"bytes\":\"QL//AA==\""), std::string::npos);  // 64, 191, 255, 0
}

TEST(Page, HoldsQueriesAndKeysInEightBits) {
  Page page = small_page();
  HeadNeurons head{
      .name = {AttentionPart::cross, 2}, .head = 1, .rows = 1, .keys = 1, .width = 2, .scale = 0.5};
  head.queries = {2, -1};
  head.key_rows = {0, 4};
  head.products = {-2};
  head.scores = {-2};
  head.log_sums = {-2};
  page.examples[0].explanation.neurons.push_back(head);
  const std::string html = html_page(page);
  EXPECT_NE(html.find(R"("q":{"bytes":"f8A=","most":2.0})"), std::string::npos);  // 127, -64
  EXPECT_NE(html.find(R"("k":{"bytes":"AH8=","most":4.0})"), std::string::npos);
  EXPECT_NE(html.find(R"("products":"AAAAwA==")"), std::string::npos);  // the f32 of -2
}

TEST(AttentionMaps, AreKnownByTheirNames) {
  EXPECT_EQ(attention_name("encoder.block.3.attention.weights").layer, 3);
  EXPECT_EQ(attention_name("encoder.block.3.attention.weights").part, AttentionPart::encoder);
  EXPECT_EQ(attention_name("decoder.block.12.attention.weights").part, AttentionPart::decoder);
  EXPECT_EQ(attention_name("decoder.block.0.cross.attention.weights").part, AttentionPart::cross);
  EXPECT_EQ(attention_name("encoder.block.0.global.attention.weights").layer, -1);
  EXPECT_EQ(attention_name("decoder.block.0.input").layer, -1);
  EXPECT_EQ(attention_name("decoder.block.x.attention.weights").layer, -1);
  for (const char* name :
       {"encoder.block.3.attention", "decoder.block.12.attention", "decoder.block.0.cross.attention"})
    EXPECT_EQ(name_of(attention_name(std::string(name) + ".weights")), name);
}

}  // namespace
}  // namespace regard::explain
