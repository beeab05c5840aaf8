#include "regard/tasks/token_dropout.h"

#include <gtest/gtest.h>

#include "regard/base/error.h"
#include "regard/text/character_vocabulary.h"
#include "tests/support/scratch_folder.h"

namespace regard::tasks {
namespace {

std::vector<std::int32_t> ids_of(const Tensor& t) {
  const auto ids = t.host<std::int32_t>();
  return {ids.begin(), ids.end()};
}

TEST(TokenDropout, HidesItsShareOfWhatIsNotAFrame) {
  const testing_support::ScratchFolder folder;
  write_character_tokenizer({'a', 'b'}, folder.path(), TextUse::masking);
  const auto tokenizer = load_tokenizer(folder.path());
  const SpecialIds special = tokenizer->special_ids();
  const std::int32_t a = tokenizer->encode_ids("a", TextSide::source)[1], begin = *special.classification;
  std::vector<std::int32_t> ids(20000, a);
  for (std::size_t i = 0; i < ids.size(); i += 4) ids[i] = begin;
  const Tensor text = Tensor::from<std::int32_t>({20000}, ids);

  const TokenDropout dropout(0.3, *tokenizer);
  const std::vector<std::int32_t> found = ids_of(dropout(text, RandomKey{1}));
  std::size_t hidden = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (i % 4 == 0) {
      ASSERT_EQ(found[i], begin);
    } else {
      ASSERT_TRUE(found[i] == a || found[i] == *special.mask);
      hidden += found[i] == a ? 0 : 1;
    }
  }
  EXPECT_NEAR(static_cast<double>(hidden) / 15000, 0.3, 0.02);  // five deviations
  EXPECT_EQ(ids_of(dropout(text, RandomKey{1})), found);
  EXPECT_NE(ids_of(dropout(text, RandomKey{2})), found);
  EXPECT_EQ(ids_of(TokenDropout(0, *tokenizer)(text, RandomKey{1})), ids);
}

}  // namespace
}  // namespace regard::tasks
