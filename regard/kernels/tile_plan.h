#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

// Which scores attention computes, as plain data: all that a kernel knows of a mask. Scores are cut into
// tiles of 64 queries by 64 keys, counted from the beginning of each sequence, so a sequence's tiles are the
// same in any batch.

namespace regard::kernels {

constexpr std::int64_t tile_side = 64;  // a row of a tile is one 64-bit word
constexpr std::int64_t most_range_queries = 8;

// One sequence of a ragged batch: its queries are rows of [N,..], its keys rows of [M,..]. `past` is the
// position of the first one in the text.
struct AttentionSequence {
  std::int64_t query_begin = 0, queries = 0, query_past = 0;
  std::int64_t key_begin = 0, keys = 0, key_past = 0;
  std::int64_t first_row = 0;        // of its rows of tiles
  std::int64_t first_key_tile = -1;  // its part of `key_tiles`; -1: its keys are the rows from key_begin on
};

// Neighboring tiles of one row of tiles. Every key in them counts `multiplicity` times.
struct TileRun {
  std::int32_t first = 0, count = 0;
  std::int32_t bits = 0;  // TilePlan::whole, or which pattern of 64 words hides a part
  std::int32_t multiplicity = 1;
  bool operator==(const TileRun&) const = default;
};

// Neighboring keys begin .. end - 1 that one query sees.
struct KeyRun {
  std::int32_t begin = 0, end = 0;
  std::int32_t multiplicity = 1;
  bool operator==(const KeyRun&) const = default;
};

enum class PlanForm : std::uint8_t {
  tiles,
  ranges  // key runs for each query: for decoding, at most 8 queries in a sequence; has no gradient
};

// What building it took and what running it takes.
struct PlanCost {
  std::int64_t tiles = 0;      // visited for each head that has tiles of its own
  std::int64_t questions = 0;  // tiles whose coverage was asked
  std::int64_t patterns = 0;   // tiles whose scores were asked one by one
};

struct TilePlan {
  static constexpr std::int32_t whole = -1;

  PlanForm form = PlanForm::tiles;
  std::int64_t heads = 1;                     // 1: the same tiles for every head, else H
  std::int64_t rows = 0;                      // rows of tiles of all sequences
  std::int64_t queries = 0, keys = 0;         // N, M
  std::vector<AttentionSequence> sequences;   // [B]
  std::vector<std::int32_t> sequence_of_row;  // [rows]
  std::vector<std::int64_t>
      key_tiles;  // the row of [M,..] where a tile of keys begins, for keys kept in blocks

  // tiles: row r of head h has the runs row_begin[h * rows + r] ..., in order of their keys.
  std::vector<std::int64_t> row_begin;
  std::vector<TileRun> runs;
  std::vector<std::uint64_t> words;         // [patterns * 64]: bit j of word i: query i sees key j
  std::vector<std::uint64_t> words_by_key;  // the same transposed: bit i of word j

  // ranges: query n of head h has key_runs[run_begin[h * N + n]] ...
  std::vector<std::int64_t> run_begin;
  std::vector<KeyRun> key_runs;

  PlanCost cost;

  std::span<const TileRun> runs_of(std::int64_t head, std::int64_t row) const {
    const auto r = static_cast<std::size_t>((heads == 1 ? 0 : head * rows) + row);
    return {runs.data() + row_begin[r], runs.data() + row_begin[r + 1]};
  }
  std::span<const KeyRun> runs_of_query(std::int64_t head, std::int64_t query) const {
    const auto r = static_cast<std::size_t>((heads == 1 ? 0 : head * queries) + query);
    return {key_runs.data() + run_begin[r], key_runs.data() + run_begin[r + 1]};
  }
  const std::uint64_t* pattern(std::int32_t bits) const {
    return words.data() + std::int64_t{bits} * tile_side;
  }
  const std::uint64_t* pattern_by_key(std::int32_t bits) const {
    return words_by_key.data() + std::int64_t{bits} * tile_side;
  }
  // The row of [M,..] where tile t of a sequence's keys begins; the tile's keys follow one another.
  std::int64_t key_row(const AttentionSequence& s, std::int64_t t) const {
    return s.first_key_tile < 0 ? s.key_begin + t * tile_side
                                : key_tiles[static_cast<std::size_t>(s.first_key_tile + t)];
  }

  void clear();  // empty, with the memory kept for the next plan
};

constexpr std::int64_t tiles_of(std::int64_t length) { return (length + tile_side - 1) / tile_side; }

// The same tiles by columns: for each tile of keys the tiles of queries that visit it, for the gradient of
// keys and values.
struct TileColumns {
  struct Entry {
    std::int32_t query_tile = 0;  // in its sequence
    std::int32_t bits = 0, multiplicity = 1;
  };
  std::int64_t columns = 0;                      // tiles of keys of all sequences
  std::vector<std::int64_t> first_column;        // [B + 1]
  std::vector<std::int32_t> sequence_of_column;  // [columns]
  std::vector<std::int64_t> begin;               // of column c of head h: begin[h * columns + c]
  std::vector<Entry> entries;
  std::int64_t heads = 1;

  std::span<const Entry> column(std::int64_t head, std::int64_t c) const {
    const auto i = static_cast<std::size_t>((heads == 1 ? 0 : head * columns) + c);
    return {entries.data() + begin[i], entries.data() + begin[i + 1]};
  }
};
TileColumns columns_of(const TilePlan& plan);

// Calls f(key, multiplicity) for the keys that query `i` of a sequence sees in head `h`, in order; keys count
// from the sequence's first. For reference kernels.
template <class F>
void for_visible(const TilePlan& plan, const AttentionSequence& s, std::int64_t h, std::int64_t i,
                 const F& f) {
  if (plan.form == PlanForm::ranges) {
    for (const KeyRun& run : plan.runs_of_query(h, s.query_begin + i))
      for (std::int64_t j = run.begin; j < run.end; ++j) f(j, run.multiplicity);
    return;
  }
  for (const TileRun& run : plan.runs_of(h, s.first_row + i / tile_side))
    for (std::int64_t t = run.first; t < run.first + run.count; ++t) {
      const std::int64_t end = std::int64_t{(t + 1) * tile_side} < s.keys ? (t + 1) * tile_side : s.keys;
      for (std::int64_t j = t * tile_side; j < end; ++j)
        if (run.bits == TilePlan::whole || plan.pattern(run.bits)[i % tile_side] >> (j % tile_side) & 1)
          f(j, run.multiplicity);
    }
}

}  // namespace regard::kernels
