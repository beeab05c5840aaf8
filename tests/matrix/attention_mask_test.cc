#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "tests/matrix/attention_cases.h"

namespace regard {
namespace {

using namespace attention_cases;

struct Plane {
  std::int64_t batches, queries, keys;
};

Range random_range(RandomStream& random, std::int64_t end) {
  const auto limit = static_cast<std::uint64_t>(end);
  const auto a = static_cast<std::int64_t>(random.below(limit)),
             b = static_cast<std::int64_t>(random.below(limit));
  return {std::min(a, b), std::max(a, b) + 1};
}

// Asks random tiles and compares each shortcut of a rule with its answers score by score. Empty when all
// agree.
std::string lie_of(const Mask& mask, const Plane& plane) {
  RandomStream random({4});
  for (int n = 0; n < 300; ++n) {
    const auto batch = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(plane.batches)));
    Range query = random_range(random, plane.queries);
    const Range key = random_range(random, plane.keys);
    if (n % 3 == 0) query.end = query.begin + 1;
    std::int64_t allowed = 0;
    for (std::int64_t i = query.begin; i < query.end; ++i)
      for (std::int64_t j = key.begin; j < key.end; ++j) allowed += mask.allows({batch, 0, i, j});
    const Coverage coverage = mask.coverage({batch, 0, query, key});
    if (coverage == Coverage::none && allowed != 0) return "coverage says none";
    if (coverage == Coverage::all && allowed != query.size() * key.size()) return "coverage says all";

    const std::int64_t count = std::min<std::int64_t>(64, key.size());
    const std::uint64_t word = mask.word({batch, 0, query.begin, key.begin}, count);
    for (std::int64_t t = 0; t < 64; ++t)
      if ((word >> t & 1) != (t < count && mask.allows({batch, 0, query.begin, key.begin + t}) ? 1U : 0U))
        return "bit " + std::to_string(t) + " of a word";

    const Reach reach = mask.reach({batch, 0, query, {0, plane.keys}});
    for (std::size_t r = 0; r < reach.size(); ++r)
      if (reach[r].begin >= reach[r].end || (r > 0 && reach[r - 1].end >= reach[r].begin))
        return "ranges touch";
    for (std::int64_t j = 0; j < plane.keys; ++j) {
      const bool inside =
          std::any_of(reach.begin(), reach.end(), [&](const Range& r) { return r.begin <= j && j < r.end; });
      for (std::int64_t i = query.begin; !inside && i < query.end; ++i)
        if (mask.allows({batch, 0, i, j})) return "a score out of reach";
    }
  }
  return {};
}

TEST(AttentionMask, ShortcutsTellTheTruth) {
  const ShapeCase shape{"masks", {150, 90}, {170, 100}};
  for (const MaskCase& m : masks()) {
    const Mask mask = m.make(shape);
    EXPECT_EQ(lie_of(mask, {2, 150, 170}), "") << m.name;
    EXPECT_EQ(lie_of(!mask, {2, 150, 170}), "") << "not " + m.name;
    EXPECT_EQ(lie_of(mask & (window(9) | global({3, 90})), {2, 150, 170}), "") << m.name + " & global";
  }
}

TEST(AttentionMask, ALyingRuleIsCaught) {
  struct Causal {
    bool allows(At a) const { return a.key <= a.query; }
  };
  struct LyingCoverage : Causal {
    Coverage coverage(const Tile&) const { return Coverage::all; }
  };
  struct LyingWord : Causal {
    std::uint64_t word(At, std::int64_t n) const { return ~std::uint64_t{0} >> (64 - n); }
  };
  struct LyingReach : Causal {
    Reach reach(const ReachOf&) const { return {{0, 5}}; }
  };
  EXPECT_EQ(lie_of(Causal{}, {1, 90, 90}), "");
  EXPECT_EQ(lie_of(LyingCoverage{}, {1, 90, 90}), "coverage says all");
  EXPECT_NE(lie_of(LyingWord{}, {1, 90, 90}), "");
  EXPECT_EQ(lie_of(LyingReach{}, {1, 90, 90}), "a score out of reach");
}

// A plan must show each query exactly the keys its mask allows, in both forms.
TEST(AttentionPlan, ShowsExactlyWhatTheMaskAllows) {
  const ShapeCase shape{"plan", {130, 1, 64}, {140, 65, 63}, 3};
  const ShapeCase few{"few", {3, 1, 8}, {140, 65, 63}, 50};
  for (const MaskCase& m : masks())
    for (const ShapeCase* s : {&shape, &few}) {
      const Mask mask = m.make(*s);
      kernels::TilePlan p;
      p.heads = mask.by_head() ? 2 : 1;
      p.sequences = attention_sequences(layout(s->queries, s->past), layout(s->keys), {});
      p.queries = layout(s->queries).tokens();
      p.keys = layout(s->keys).tokens();
      if (s == &few)
        fill_ranges(mask, p);
      else
        fill_tiles(mask, p);
      for (std::int64_t h = 0; h < p.heads; ++h)
        for (std::size_t b = 0; b < p.sequences.size(); ++b)
          for (std::int64_t i = 0; i < p.sequences[b].queries; ++i) {
            std::vector<int> times(static_cast<std::size_t>(p.sequences[b].keys), 0);
            for_visible(p, p.sequences[b], h, i,
                        [&](std::int64_t j, std::int32_t) { ++times[static_cast<std::size_t>(j)]; });
            for (std::int64_t j = 0; j < p.sequences[b].keys; ++j)
              ASSERT_EQ(times[static_cast<std::size_t>(j)],
                        mask.allows({static_cast<std::int64_t>(b), h, i + s->past, j}) ? 1 : 0)
                  << m.name << " " << s->name << " head " << h << " batch " << b << " (" << i << ", " << j
                  << ")";
          }
    }
}

TEST(AttentionPlan, ColumnsHoldTheTilesOfTheRows) {
  const ShapeCase shape{"plan", {130, 1, 200}, {140, 65, 190}};
  for (const MaskCase& m : masks()) {
    const Plan plan =
        regard::plan(m.make(shape), layout(shape.queries), layout(shape.keys), {.heads = 2, .source = {}});
    const kernels::TilePlan& p = plan.tiles();
    std::set<std::array<std::int64_t, 5>> rows, columns;
    for (std::int64_t h = 0; h < p.heads; ++h)
      for (std::size_t b = 0; b < p.sequences.size(); ++b) {
        const auto batch = static_cast<std::int64_t>(b);
        for (std::int64_t r = 0; r < kernels::tiles_of(p.sequences[b].queries); ++r)
          for (const auto& run : p.runs_of(h, p.sequences[b].first_row + r))
            for (std::int64_t t = run.first; t < run.first + run.count; ++t)
              rows.insert({h, batch, r, t, run.bits});
        for (std::int64_t t = 0; t < kernels::tiles_of(p.sequences[b].keys); ++t)
          for (const auto& e : plan.columns().column(h, plan.columns().first_column[b] + t))
            columns.insert({h, batch, e.query_tile, t, e.bits});
      }
    EXPECT_EQ(rows, columns) << m.name;
    EXPECT_EQ(static_cast<std::int64_t>(rows.size()), p.cost.tiles) << m.name;
  }
}

TEST(AttentionPlan, AWindowCostsLinearTime) {
  const auto cost = [](std::int64_t T) {
    return plan(window(64), Layout::of({T}), Layout::of({T})).tiles().cost;
  };
  const kernels::PlanCost at16k = cost(16384), at32k = cost(32768);
  EXPECT_LE(at16k.tiles, 3 * 16384 / 64);
  EXPECT_LE(at16k.questions, 3 * 16384 / 64);
  EXPECT_LE(at32k.questions, 2 * at16k.questions + 2);
  EXPECT_LE(at32k.patterns, 2 * at16k.patterns + 2);
  // Equal patterns are stored once: the two diagonals beside the main one, and no more at the ends.
  EXPECT_LE(plan(window(64), Layout::of({16384}), Layout::of({16384})).tiles().words.size(), 4U * 64U);
}

TEST(AttentionPlan, EqualPatternsOfABatchAreStoredOnce) {
  const Layout l = Layout::of(std::vector<std::int64_t>(100, 40));
  EXPECT_EQ(plan(causal(), l, l).tiles().words.size(), 64U);
}

TEST(AttentionPlan, ADecodingPlanUsesItsMemoryAgain) {
  kernels::TilePlan p;
  const auto build = [&](std::int64_t past) {
    p.clear();
    for (int b = 0; b < 20; ++b) p.sequences.push_back({b, 1, past, 100 * b, past + 1});
    p.queries = 20;
    p.keys = 2000;
    fill_ranges(causal(), p);
  };
  build(98);
  const auto* runs = p.key_runs.data();
  const auto* begins = p.run_begin.data();
  build(42);
  EXPECT_EQ(p.key_runs.data(), runs);
  EXPECT_EQ(p.run_begin.data(), begins);
  EXPECT_TRUE(p.words.empty());
  EXPECT_EQ(p.key_runs.size(), 20U);
  EXPECT_EQ(p.key_runs[7], (kernels::KeyRun{0, 43, 1}));
}

}  // namespace
}  // namespace regard
