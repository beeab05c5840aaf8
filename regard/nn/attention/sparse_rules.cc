#include "regard/nn/attention/sparse_rules.h"

#include <algorithm>

namespace regard {
namespace {

using kernels::TilePlan;
using kernels::TileRun;

struct Blocks {
  std::int64_t size;
  Mask of;

  Range coarse(Range r) const { return {r.begin / size, (r.end + size - 1) / size}; }
  bool allows(At a) const { return of.allows({a.batch, a.head, a.query / size, a.key / size}); }
  // Blocks that lie partly in a tile count as a whole: `some` stays true, and so do the others.
  Coverage coverage(const Tile& t) const {
    return of.coverage({t.batch, t.head, coarse(t.query), coarse(t.key)});
  }
  Reach reach(const ReachOf& r) const {
    Reach fine;
    for (const Range& b : of.reach({r.batch, r.head, coarse(r.query), coarse(r.keys)}))
      fine.push_back({std::max(r.keys.begin, b.begin * size), std::min(r.keys.end, b.end * size)});
    return united(fine, {});
  }
};

std::int64_t count_within(const std::vector<std::int64_t>& tokens, Range r) {
  return std::lower_bound(tokens.begin(), tokens.end(), r.end) -
         std::lower_bound(tokens.begin(), tokens.end(), r.begin);
}

Coverage coverage_of(std::int64_t count, Range r) {
  return count == 0 ? Coverage::none : count == r.size() ? Coverage::all : Coverage::some;
}

std::vector<std::int64_t> in_order(std::vector<std::int64_t> tokens) {
  std::sort(tokens.begin(), tokens.end());
  tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
  return tokens;
}

struct SharedKeys {
  std::vector<std::vector<std::int64_t>> tokens;

  const std::vector<std::int64_t>& of(std::int64_t batch) const {
    return tokens[tokens.size() == 1 ? 0 : static_cast<std::size_t>(batch)];
  }
  bool allows(At a) const { return std::binary_search(of(a.batch).begin(), of(a.batch).end(), a.key); }
  Coverage coverage(const Tile& t) const { return coverage_of(count_within(of(t.batch), t.key), t.key); }
  Reach reach(const ReachOf& r) const {
    Reach keys;
    for (const std::int64_t p : of(r.batch))
      if (r.keys.begin <= p && p < r.keys.end) keys.push_back({p, p + 1});
    return united(keys, {});
  }
};

struct Queries {
  std::vector<std::int64_t> positions;

  bool allows(At a) const { return std::binary_search(positions.begin(), positions.end(), a.query); }
  Coverage coverage(const Tile& t) const { return coverage_of(count_within(positions, t.query), t.query); }
  Reach reach(const ReachOf& r) const {
    return count_within(positions, r.query) > 0 ? Reach{r.keys} : Reach{};
  }
};

// The runs of row r of both plans, in order of their keys.
void merge_row(const TilePlan& a, const TilePlan& b, std::int64_t r, TilePlan& out) {
  const auto first = a.runs_of(0, r), second = b.runs_of(0, r);
  std::merge(first.begin(), first.end(), second.begin(), second.end(), std::back_inserter(out.runs),
             [](const TileRun& x, const TileRun& y) { return x.first < y.first; });
  out.row_begin.push_back(static_cast<std::int64_t>(out.runs.size()));
}

}  // namespace

Mask blocks(std::int64_t size, const Mask& of) { return Blocks{size, of}; }

Mask shared_keys(std::vector<std::vector<std::int64_t>> tokens) {
  for (auto& row : tokens) row = in_order(std::move(row));
  return SharedKeys{std::move(tokens)};
}
Mask only_queries(std::vector<std::int64_t> positions) { return Queries{in_order(std::move(positions))}; }
Mask only_keys(std::vector<std::int64_t> positions) { return shared_keys({std::move(positions)}); }

Plan plan_with_repeats(const Mask& mask, const Repeated& repeated, const Layout& tokens) {
  TilePlan once;
  once.sequences = attention_sequences(tokens, tokens, {});
  once.queries = once.keys = tokens.tokens();
  TilePlan often = once;
  fill_tiles(mask & !repeated.of, once);
  fill_tiles(mask & repeated.of, often);
  const auto patterns =
      static_cast<std::int32_t>(once.words.size()) / static_cast<std::int32_t>(kernels::tile_side);
  for (TileRun& run : often.runs) {
    run.multiplicity = repeated.times;
    if (run.bits != TilePlan::whole) run.bits += patterns;
  }
  TilePlan both = once;
  both.words.insert(both.words.end(), often.words.begin(), often.words.end());
  both.words_by_key.insert(both.words_by_key.end(), often.words_by_key.begin(), often.words_by_key.end());
  both.runs.clear();
  both.row_begin = {0};
  for (std::int64_t r = 0; r < once.rows; ++r) merge_row(once, often, r, both);
  both.cost.tiles += often.cost.tiles;
  both.cost.questions += often.cost.questions;
  both.cost.patterns += often.cost.patterns;
  return Plan(std::move(both));
}

}  // namespace regard
