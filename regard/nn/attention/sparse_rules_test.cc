#include "regard/nn/attention/sparse_rules.h"

#include <gtest/gtest.h>

#include "regard/base/random.h"

namespace regard {
namespace {

constexpr std::int64_t length = 150;

// What a plan lets query i see, and how often, against what a rule says.
void expect_plan(const kernels::TilePlan& plan, const Mask& mask, const Mask& often, int times) {
  for (std::size_t b = 0; b < plan.sequences.size(); ++b)
    for (std::int64_t i = 0; i < plan.sequences[b].queries; ++i) {
      std::vector<int> seen(static_cast<std::size_t>(plan.sequences[b].keys), 0);
      kernels::for_visible(plan, plan.sequences[b], 0, i, [&](std::int64_t j, std::int32_t multiplicity) {
        seen[static_cast<std::size_t>(j)] += multiplicity;
      });
      for (std::int64_t j = 0; j < plan.sequences[b].keys; ++j) {
        const At at{static_cast<std::int64_t>(b), 0, i, j};
        ASSERT_EQ(seen[static_cast<std::size_t>(j)], mask.allows(at) ? often.allows(at) ? times : 1 : 0)
            << b << ' ' << i << ' ' << j;
      }
    }
}

TEST(SparseRules, PlansSeeWhatTheRulesAllow) {
  const Layout layout = Layout::of({length, 70, 1});
  for (const std::int64_t size : {2, 3, 64}) {
    const Mask band = blocks(size, window(1) | global({0}));
    expect_plan(plan(band, layout, layout).tiles(), band, !everything(), 1);
    const Mask first = blocks(size, only_keys({0}) & !only_queries({0, 2}));
    expect_plan(plan_with_repeats(band, {first, 4}, layout).tiles(), band, first, 4);
  }
  const Mask near = window(5) | shared_keys({{0, 100, 149}, {}, {0}});
  expect_plan(plan(near, layout, layout).tiles(), near, !everything(), 1);
}

TEST(SparseRules, CoverageIsTrue) {
  RandomStream random(RandomKey{5});
  const auto below = [&](std::int64_t n) {
    return static_cast<std::int64_t>(random.uniform() * static_cast<double>(n));
  };
  const std::vector<Mask> masks{blocks(7, window(1)), blocks(5, causal()), shared_keys({{1, 2, 3, 90}}),
                                only_queries({4, 5, 6}), !only_keys({8, 9})};
  for (const Mask& mask : masks)
    for (int n = 0; n < 300; ++n) {
      Tile tile{0, 0, {below(120), 0}, {below(120), 0}};
      tile.query.end = tile.query.begin + 1 + below(12);
      tile.key.end = tile.key.begin + 1 + below(12);
      std::int64_t allowed = 0;
      for (std::int64_t i = tile.query.begin; i < tile.query.end; ++i)
        for (std::int64_t j = tile.key.begin; j < tile.key.end; ++j)
          allowed += mask.allows({0, 0, i, j}) ? 1 : 0;
      const Coverage c = mask.coverage(tile);
      if (c == Coverage::none) {
        EXPECT_EQ(allowed, 0);
      }
      if (c == Coverage::all) {
        EXPECT_EQ(allowed, tile.query.size() * tile.key.size());
      }
    }
}

// A window of 64 in a text of 16,384 tokens: three tiles for each of the 256 rows of tiles, whose patterns
// are few and stored once. Twice the text takes twice as much.
TEST(SparseRules, AWindowCostsTimeAndMemoryLinearInTheText) {
  const auto cost = [](std::int64_t tokens) {
    const Layout layout = Layout::of({tokens});
    const Plan p = plan(window(64), layout, layout);
    const kernels::TilePlan& tiles = p.tiles();
    const std::size_t bytes = tiles.runs.size() * sizeof(kernels::TileRun) + tiles.words.size() * 8 +
                              tiles.words_by_key.size() * 8 + tiles.row_begin.size() * 8;
    return std::pair{tiles.cost, static_cast<std::int64_t>(bytes)};
  };
  const auto [once, bytes] = cost(16384);
  const auto [twice, more_bytes] = cost(32768);
  EXPECT_LE(once.tiles, 3 * 256);
  EXPECT_LE(once.questions, 3 * 256);
  EXPECT_LE(twice.tiles, 2 * once.tiles + 3);
  EXPECT_LE(twice.questions, 2 * once.questions + 3);
  EXPECT_LT(bytes, 16384 * 4);
  EXPECT_LE(more_bytes, 2 * bytes);
}

}  // namespace
}  // namespace regard
