#include "regard/text/code_points.h"

#include <gtest/gtest.h>

namespace regard {
namespace {

TEST(CodePoints, ThereAndBack) {
  const std::string text = "a\xC3\xA9\xE6\xB0\xB4\xF0\x9F\x98\x80";
  const std::vector<std::uint32_t> codes{0x61, 0xE9, 0x6C34, 0x1F600};
  EXPECT_EQ(code_points(text), codes);
  EXPECT_EQ(to_utf8(codes), text);
  EXPECT_TRUE(code_points("").empty());
}

TEST(CodePoints, CategoriesOfUnicode) {
  for (const std::uint32_t code : {0x30U, 0x661U, 0xBDU, 0x2167U}) EXPECT_TRUE(is_number(code)) << code;
  for (const std::uint32_t code : {0x21U, 0x5FU, 0xABU, 0x2014U, 0x3002U, 0xFF0CU, 0x2E43U})
    EXPECT_TRUE(is_punctuation(code)) << code;
  for (const std::uint32_t code : {0x24U, 0x2BU, 0x5EU, 0x20ACU, 0x2603U, 0x1F600U})
    EXPECT_TRUE(is_symbol(code)) << code;
  for (const std::uint32_t code : {0x41U, 0x20U, 0x6C34U, 0x0U, 0x300U, 0x110000U, 0xFFFFFFFFU})
    EXPECT_FALSE(is_number(code) || is_punctuation(code) || is_symbol(code)) << code;
}

}  // namespace
}  // namespace regard
