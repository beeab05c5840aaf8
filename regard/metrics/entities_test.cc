#include "regard/metrics/entities.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "regard/base/error.h"
#include "regard/base/json.h"

namespace regard {
namespace {

using Tags = std::vector<std::string>;
using Spans = std::vector<TaggedSpan>;

TEST(Entities, AreThoseOfSeqeval) {
  const std::filesystem::path file =
      std::filesystem::path(REGARD_SOURCE_DIR) / "tests/golden/tags/cases.json";
  const Json golden = read_json(file);
  ASSERT_EQ(golden.at("cases").size(), 750U);
  for (const Json& one : golden.at("cases")) {
    Spans expected;
    for (const Json& e : one.at("entities")) expected.push_back({e.at(0), e.at(1), e.at(2)});
    const Tags tags = one.at("tags").get<Tags>();
    EXPECT_EQ(spans_of(tags, tag_scheme(one.at("scheme").get<std::string>())), expected) << to_line(one);
  }
}

TEST(Entities, LenientAndStrictDiffer) {
  const Tags tags{"O", "I-PER", "I-PER", "B-PER", "I-LOC"};
  EXPECT_EQ(spans_of(tags), (Spans{{"PER", 1, 3}, {"PER", 3, 4}, {"LOC", 4, 5}}));
  EXPECT_EQ(spans_of(tags, TagScheme::iob2), (Spans{{"PER", 3, 4}}));
  EXPECT_EQ(spans_of(Tags{"B", "I", "O"}), (Spans{{"_", 0, 2}}));
  EXPECT_TRUE(spans_of(Tags{}).empty());
}

TEST(Entities, StrictSchemesRefuseOtherPrefixes) {
  try {
    spans_of(Tags{"O", "S-PER"}, TagScheme::iob2);
    FAIL() << "S is no prefix of IOB2";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("\"S-PER\""), std::string::npos) << error.what();
  }
  EXPECT_THROW(tag_scheme("iob3"), UsageError);
}

TEST(Entities, PlainLabelsAreRuns) {
  EXPECT_TRUE(have_prefixes(Tags{"O", "B-PER", "I-creative-work", "B"}));
  EXPECT_FALSE(have_prefixes(Tags{"O", "PER", "LOC"}));
  EXPECT_FALSE(have_prefixes(Tags{"INTJ", "NOUN", "B-PER"}));
  EXPECT_FALSE(have_prefixes(Tags{"O"}));
  EXPECT_EQ(spans_of(Tags{"PER", "PER", "O", "PER", "LOC"}, TagScheme::plain),
            (Spans{{"PER", 0, 2}, {"PER", 3, 4}, {"LOC", 4, 5}}));
}

TEST(Entities, LettersOfBilouAreGivenTheirMeaning) {
  const Tags tags{"U-X", "U-X", "B-X", "L-X", "O"};
  EXPECT_EQ(lenient_tags(tags), (Tags{"S-X", "S-X", "B-X", "E-X", "O"}));
  EXPECT_EQ(spans_of(tags).size(), 2U);
  EXPECT_EQ(spans_of(lenient_tags(tags)).size(), 3U);
  EXPECT_EQ(lenient_tags({"L-X", "S-X"}), (Tags{"L-X", "S-X"}));
}

}  // namespace
}  // namespace regard
