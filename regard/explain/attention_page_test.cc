#include "regard/explain/attention_page.h"

#include <gtest/gtest.h>

#include "regard/base/error.h"

namespace regard::explain {
namespace {

AttentionPage small_page() {
  AttentionExample example{"two <b>", "二", {"▁two", "</script><script>alert(1)"}, {"二"}, {}};
  example.attention.weights.push_back(Tensor::from<float>({2, 1, 2}, {0.25F, 0.75F, 1.0F, 0.0F}));
  return {"<i>Where & what</i>", "@DATA@ \"note\"", {example}};
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

TEST(AttentionPage, TextIsNeverMarkup) {
  const std::string html = attention_page(small_page());
  EXPECT_EQ(count(html, "<script"), 2U);
  EXPECT_EQ(count(html, "</script"), 2U);
  EXPECT_EQ(count(html, "<b>"), 0U);
  EXPECT_EQ(count(html, "<i>Where"), 0U);
  EXPECT_NE(html.find("<title>&lt;i&gt;Where &amp; what&lt;/i&gt;</title>"), std::string::npos);
  EXPECT_NE(html.find("\\u003c/script>\\u003cscript>alert(1)"), std::string::npos);
  EXPECT_NE(html.find("@DATA@ &quot;note&quot;"), std::string::npos);
}

TEST(AttentionPage, NeedsNothingFromAnywhere) {
  const std::string html = attention_page(small_page());
  for (const char* part : {"http:", "https:", "src=", "@import", "url(", "innerHTML", "@TITLE@"})
    EXPECT_EQ(count(html, part), 0U) << part;
  EXPECT_NE(html.find("[[[[2500,7500]],[[10000,0]]]]"), std::string::npos);
}

TEST(AttentionPage, WeightsMustFitTheTokens) {
  AttentionPage page = small_page();
  page.examples[0].target_tokens.emplace_back("三");
  EXPECT_THROW(attention_page(page), UsageError);
}

TEST(AttentionMaps, AreKnownByTheirNames) {
  EXPECT_EQ(attention_name("encoder.block.3.attention.weights").layer, 3);
  EXPECT_EQ(attention_name("encoder.block.3.attention.weights").part, AttentionPart::encoder);
  EXPECT_EQ(attention_name("decoder.block.12.attention.weights").part, AttentionPart::decoder);
  EXPECT_EQ(attention_name("decoder.block.0.cross.attention.weights").part, AttentionPart::cross);
  EXPECT_EQ(attention_name("decoder.block.0.input").layer, -1);
  EXPECT_EQ(attention_name("decoder.block.x.attention.weights").layer, -1);
}

}  // namespace
}  // namespace regard::explain
