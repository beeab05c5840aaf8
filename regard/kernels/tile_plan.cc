#include "regard/kernels/tile_plan.h"

namespace regard::kernels {

void TilePlan::clear() {
  form = PlanForm::tiles;
  heads = 1;
  rows = queries = keys = 0;
  sequences.clear();
  sequence_of_row.clear();
  key_tiles.clear();
  row_begin.clear();
  runs.clear();
  words.clear();
  words_by_key.clear();
  run_begin.clear();
  key_runs.clear();
  cost = {};
}

TileColumns columns_of(const TilePlan& plan) {
  TileColumns c;
  c.heads = plan.heads;
  for (std::size_t b = 0; b < plan.sequences.size(); ++b) {
    c.first_column.push_back(c.columns);
    const std::int64_t tiles = tiles_of(plan.sequences[b].keys);
    c.columns += tiles;
    c.sequence_of_column.insert(c.sequence_of_column.end(), static_cast<std::size_t>(tiles),
                                static_cast<std::int32_t>(b));
  }
  c.first_column.push_back(c.columns);

  // Counted, summed up, then filled row by row: entries of a column stand in the order of their queries.
  const auto each = [&](const auto& f) {
    for (std::int64_t h = 0; h < plan.heads; ++h)
      for (std::size_t b = 0; b < plan.sequences.size(); ++b) {
        const AttentionSequence& s = plan.sequences[b];
        for (std::int64_t r = 0; r < tiles_of(s.queries); ++r)
          for (const TileRun& run : plan.runs_of(h, s.first_row + r))
            for (std::int32_t t = run.first; t < run.first + run.count; ++t)
              f(static_cast<std::size_t>(h * c.columns + c.first_column[b] + t),
                TileColumns::Entry{static_cast<std::int32_t>(r), run.bits, run.multiplicity});
      }
  };
  c.begin.assign(static_cast<std::size_t>(plan.heads * c.columns + 1), 0);
  each([&](std::size_t column, const TileColumns::Entry&) { ++c.begin[column + 1]; });
  for (std::size_t i = 1; i < c.begin.size(); ++i) c.begin[i] += c.begin[i - 1];
  c.entries.resize(static_cast<std::size_t>(c.begin.back()));
  std::vector<std::int64_t> next(c.begin.begin(), c.begin.end() - 1);
  each([&](std::size_t column, const TileColumns::Entry& e) {
    c.entries[static_cast<std::size_t>(next[column]++)] = e;
  });
  return c;
}

}  // namespace regard::kernels
