#include "regard/explain/alignment.h"

#include <gtest/gtest.h>

#include "regard/base/error.h"
#include "regard/explain/attention_maps.h"
#include "regard/models/registry.h"

namespace regard::explain {
namespace {

class Alignment : public testing::Test {
 protected:
  Alignment()
      : model_(models::load_as<models::SequenceToSequence>(REGARD_SOURCE_DIR "/tests/golden/marian/tied")),
        pool_(2) {
    options_.threads = &pool_;
  }
  std::unique_ptr<models::SequenceToSequence> model_;
  ThreadPool pool_;
  StepOptions options_;
  const std::vector<AlignmentPair> pairs_{
      {{5, 6, 7, 0}, {36, 8, 9}}, {{4, 0}, {36}}, {{9, 9, 3, 2, 0}, {36, 1}}};
};

TEST_F(Alignment, IsTheMeanOfTheHeadsOfALayer) {
  for (std::int64_t layer = 0; layer < 2; ++layer) {
    const auto found = align(*model_, options_, pairs_, {layer, {}});
    ASSERT_EQ(found.size(), pairs_.size());
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      const Tensor all = cross_attention(*model_, options_, pairs_[i].source, pairs_[i].inputs)
                             .weights[static_cast<std::size_t>(layer)];  // [H,T,S]
      const auto values = all.to_doubles();
      const auto heads = static_cast<std::size_t>(all.size(0));
      ASSERT_EQ(found[i].weights.size() * heads, values.size());
      for (std::size_t k = 0; k < found[i].weights.size(); ++k) {
        double sum = 0;
        for (std::size_t h = 0; h < heads; ++h) sum += values[h * found[i].weights.size() + k];
        EXPECT_NEAR(found[i].weights[k], sum / static_cast<double>(heads), 1e-7);
      }
      // One head alone is that head.
      const auto one = align(*model_, options_, {pairs_[i]}, {layer, {1}});
      EXPECT_EQ(
          one[0].weights,
          std::vector<double>(values.begin() + static_cast<std::ptrdiff_t>(found[i].weights.size()),
                              values.begin() + 2 * static_cast<std::ptrdiff_t>(found[i].weights.size())));
    }
  }
}

TEST_F(Alignment, DoesNotDependOnTheOtherPairs) {
  const auto together = align(*model_, options_, pairs_);
  for (std::size_t i = 0; i < pairs_.size(); ++i)
    EXPECT_EQ(align(*model_, options_, {pairs_[i]})[0].weights, together[i].weights);
  EXPECT_TRUE(align(*model_, options_, {}).empty());
}

TEST_F(Alignment, UnknownLayersAndHeadsAreRefused) {
  EXPECT_THROW(align(*model_, options_, pairs_, {7, {}}), UsageError);
  EXPECT_THROW(align(*model_, options_, pairs_, {0, {99}}), UsageError);
}

TEST(SoftAlignment, TheBestIsTheFirstOfTheGreatest) {
  const SoftAlignment soft{{0.2, 0.4, 0.4, 0.5, 0.3, 0.2}, 2, 3};
  EXPECT_EQ(soft.best(), (std::vector<std::int64_t>{1, 0}));
}

}  // namespace
}  // namespace regard::explain
