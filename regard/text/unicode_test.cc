#include "regard/text/unicode.h"

#include <gtest/gtest.h>

#include "regard/base/error.h"

namespace regard {
namespace {

const std::string kBad = "\xEF\xBF\xBD";

TEST(Unicode, FindsTheFirstMalformedByte) {
  EXPECT_FALSE(first_invalid_utf8(""));
  EXPECT_FALSE(first_invalid_utf8("aé水😀\x7F"));
  EXPECT_FALSE(first_invalid_utf8(std::string("a\0b", 3)));
  EXPECT_FALSE(first_invalid_utf8("\xF4\x8F\xBF\xBF"));  // U+10FFFF
  EXPECT_EQ(first_invalid_utf8("ab\xFF"), 2u);
  EXPECT_EQ(first_invalid_utf8("é\x80"), 2u);
  for (const char* text :
       {"\xC0\xAF", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xC3", "\xE6\xB0", "\xF0\x9F\x98", "\xFE"}) {
    EXPECT_EQ(first_invalid_utf8(text), 0u) << text;
  }
}

TEST(Unicode, ReplacesEachMaximalPartOnce) {
  EXPECT_EQ(replace_invalid_utf8("caf\xE9 x"), "caf" + kBad + " x");
  EXPECT_EQ(replace_invalid_utf8("\xF0\x9F\x98y"), kBad + "y");
  EXPECT_EQ(replace_invalid_utf8("\xC0\xAF"), kBad + kBad);
  EXPECT_EQ(replace_invalid_utf8("\xED\xA0\x80"), kBad + kBad + kBad);
  EXPECT_EQ(replace_invalid_utf8("\xE2\x96"), kBad);
  EXPECT_EQ(replace_invalid_utf8("\xF1\x80\x80\xE1\x80\xC2"),
            kBad + kBad + kBad);  // the standard's table 3-8
  EXPECT_EQ(replace_invalid_utf8("水😀"), "水😀");
}

TEST(Unicode, EveryPairOfBytesBecomesValid) {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const std::string text = {static_cast<char>(a), static_cast<char>(b)};
      EXPECT_FALSE(first_invalid_utf8(replace_invalid_utf8(text)));
      EXPECT_EQ(first_invalid_utf8(text).has_value(), replace_invalid_utf8(text) != text);
    }
  }
}

TEST(Unicode, AMalformedLineIsNamed) {
  EXPECT_NO_THROW(require_utf8("é", "f.txt", 3));
  try {
    require_utf8("ab\xFF", "f.txt", 3);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "f.txt: line 3: byte 2: found 0xFF, expected UTF-8");
  }
}

TEST(Unicode, TrimsWhiteSpaceOfAllKinds) {
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim(" \t\n\x1f "), "");
  EXPECT_EQ(trim("\u00a0\u3000 a b\u2029\u1680"), "a b");
  EXPECT_EQ(trim("\u200b"), "\u200b");  // zero width space is no white space
  EXPECT_EQ(trim("é"), "é");
  EXPECT_EQ(trim("\xA0"), "\xA0");  // malformed: not a space
}

TEST(Unicode, SplitsAtWhiteSpaceOfAllKinds) {
  using Words = std::vector<std::string_view>;
  EXPECT_EQ(split_white_space(""), Words{});
  EXPECT_EQ(split_white_space(" \u3000\t"), Words{});
  EXPECT_EQ(split_white_space("a\u00a0bé\u2028 水 "), (Words{"a", "bé", "水"}));
  EXPECT_EQ(trim_end(" a \u3000"), " a");
}

}  // namespace
}  // namespace regard
