#include "regard/text/lowercase.h"

#include <gtest/gtest.h>

namespace regard {
namespace {

TEST(Lowercase, EveryScriptWithTwoCases) {
  EXPECT_EQ(lowercase(""), "");
  EXPECT_EQ(lowercase("HELLO, World 42!"), "hello, world 42!");
  EXPECT_EQ(lowercase("ÄÖÜ ß ẞ ÉÀÇ"), "äöü ß ß éàç");
  EXPECT_EQ(lowercase("ЖЮЇ ѢѴ"), "жюї ѣѵ");
  EXPECT_EQ(lowercase("ŸŁ ǅ Ǆ"), "ÿł ǆ ǆ");
  EXPECT_EQ(lowercase("ԱႠᏣ"), "աⴀꮳ");
  EXPECT_EQ(lowercase("𐐀𞤀 水😀"), "𐐨𞤢 水😀");
  EXPECT_EQ(lowercase("\u212A\u2126"), "kω");  // the signs of kelvin and ohm
}

TEST(Lowercase, TheTwoSpecialCases) {
  EXPECT_EQ(lowercase("İI"), "i\u0307i");
  EXPECT_EQ(lowercase("ΟΔΟΣ ΣΑΣ Σ. ΑΣ, ΑΣ'Α"), "οδος σας σ. ας, ασ'α");
}

}  // namespace
}  // namespace regard
