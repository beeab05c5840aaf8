#include "regard/base/suggest.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace regard {
namespace {

TEST(Suggest, FindsTheNearestName) {
  const std::vector<std::string> known{"translate", "train", "tokenize", "score"};
  EXPECT_EQ(did_you_mean("tranlsate", known), "; did you mean 'translate'?");
  EXPECT_EQ(did_you_mean("tokenise", known), "; did you mean 'tokenize'?");
  EXPECT_EQ(did_you_mean("trian", known), "; did you mean 'train'?");
}

TEST(Suggest, SaysNothingWhereNoneIsNear) {
  const std::vector<std::string> known{"translate", "train"};
  EXPECT_EQ(did_you_mean("xyz", known), "");
  EXPECT_EQ(did_you_mean("", known), "");
  EXPECT_EQ(did_you_mean(std::string(100000, 't'), known), "");
}

}  // namespace
}  // namespace regard
