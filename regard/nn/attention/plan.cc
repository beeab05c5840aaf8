#include "regard/nn/attention/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <mutex>
#include <unordered_map>

#include "regard/base/error.h"

namespace regard {

using kernels::AttentionSequence;
using kernels::tile_side;
using kernels::TilePlan;
using kernels::tiles_of;

struct Plan::Shared {
  TilePlan tiles;
  std::once_flag once;
  kernels::TileColumns columns;
};

Plan::Plan(TilePlan tiles) : shared_(std::make_shared<Shared>()) {
  shared_->tiles = std::move(tiles);
  tiles_ = &shared_->tiles;
}

Plan Plan::borrow(const TilePlan& tiles) {
  Plan p;
  p.tiles_ = &tiles;
  return p;
}

const kernels::TileColumns& Plan::columns() const {
  if (!shared_) throw UsageError("a borrowed attention plan has no gradient");
  std::call_once(shared_->once, [&] { shared_->columns = kernels::columns_of(shared_->tiles); });
  return shared_->columns;
}

std::vector<AttentionSequence> attention_sequences(const Layout& queries, const Layout& keys,
                                                   std::span<const std::int32_t> source) {
  const auto& q = queries.sequences();
  const auto& k = keys.sequences();
  if (source.empty() ? q.size() != k.size() : q.size() != source.size())
    throw UsageError(
        fmt::format("attention between {} sequences of queries and {} of keys", q.size(), k.size()));
  std::vector<AttentionSequence> sequences;
  for (std::size_t b = 0; b < q.size(); ++b) {
    const Sequence& from = k[source.empty() ? b : static_cast<std::size_t>(source[b])];
    sequences.push_back({q[b].begin, q[b].length, q[b].past, from.begin, from.length, from.past});
  }
  return sequences;
}

namespace {

std::array<std::uint64_t, 64> transposed(const std::array<std::uint64_t, 64>& rows) {
  std::array<std::uint64_t, 64> columns{};
  for (std::size_t i = 0; i < 64; ++i)
    for (std::uint64_t left = rows[i]; left != 0; left &= left - 1)
      columns[static_cast<std::size_t>(std::countr_zero(left))] |= std::uint64_t{1} << i;
  return columns;
}

class Builder {
 public:
  Builder(const Mask& mask, TilePlan& plan) : mask_(mask), plan_(plan) {}

  // Row `row` of tiles of sequence b, seen by head h.
  void add_row(std::int64_t h, std::int64_t b, std::int64_t row) {
    const AttentionSequence& s = plan_.sequences[static_cast<std::size_t>(b)];
    const Range query{s.query_past + row * tile_side,
                      s.query_past + std::min((row + 1) * tile_side, s.queries)};
    const Range keys{s.key_past, s.key_past + s.keys};
    runs_here_ = plan_.runs.size();
    std::int64_t next = 0;  // ranges of one reach may share a tile
    for (const Range& r : keys.size() > 0 ? mask_.reach({b, h, query, keys}) : Reach{})
      for (std::int64_t t = std::max(next, (r.begin - s.key_past) / tile_side);
           t * tile_side < r.end - s.key_past; ++t) {
        next = t + 1;
        add_tile(
            {b, h, query, {s.key_past + t * tile_side, s.key_past + std::min((t + 1) * tile_side, s.keys)}},
            t);
      }
    plan_.row_begin.push_back(static_cast<std::int64_t>(plan_.runs.size()));
  }

 private:
  void add_tile(const Tile& tile, std::int64_t t) {
    ++plan_.cost.questions;
    const Coverage c = mask_.coverage(tile);
    std::int32_t bits = TilePlan::whole;
    if (c == Coverage::none) return;
    if (c == Coverage::some) {
      const auto found = pattern(tile);
      if (found == nothing) return;
      bits = found;
    }
    ++plan_.cost.tiles;
    auto& runs = plan_.runs;
    if (runs.size() > runs_here_ && runs.back().bits == bits && runs.back().first + runs.back().count == t)
      ++runs.back().count;
    else
      runs.push_back({static_cast<std::int32_t>(t), 1, bits, 1});
  }

  static constexpr std::int32_t nothing = -2;
  std::int32_t pattern(const Tile& tile) {
    ++plan_.cost.patterns;
    std::array<std::uint64_t, 64> words{};
    const std::uint64_t full = ~std::uint64_t{0} >> (64 - tile.key.size());
    bool any = false, all = true;
    std::uint64_t hash = 0;
    for (std::int64_t i = 0; i < tile.query.size(); ++i) {
      const std::uint64_t w =
          mask_.word({tile.batch, tile.head, tile.query.begin + i, tile.key.begin}, tile.key.size());
      words[static_cast<std::size_t>(i)] = w;
      any = any || w != 0;
      all = all && w == full;
      hash = (hash ^ w) * 0x9E3779B97F4A7C15U;  // odd, so that no word is lost
      hash ^= hash >> 29;
    }
    if (!any) return nothing;
    if (all) return TilePlan::whole;
    const auto [from, to] = seen_.equal_range(hash);
    for (auto it = from; it != to; ++it)
      if (std::equal(words.begin(), words.end(), plan_.pattern(it->second))) return it->second;
    const auto index = static_cast<std::int32_t>(plan_.words.size() / 64);
    const auto by_key = transposed(words);
    plan_.words.insert(plan_.words.end(), words.begin(), words.end());
    plan_.words_by_key.insert(plan_.words_by_key.end(), by_key.begin(), by_key.end());
    seen_.emplace(hash, index);
    return index;
  }

  const Mask& mask_;
  TilePlan& plan_;
  std::size_t runs_here_ = 0;
  std::unordered_multimap<std::uint64_t, std::int32_t> seen_;
};

}  // namespace

Plan plan(const Mask& mask, const Layout& queries, const Layout& keys, const PlanOptions& options) {
  TilePlan p;
  p.sequences = attention_sequences(queries, keys, options.source);
  p.queries = queries.tokens();
  p.keys = keys.tokens();
  p.heads = mask.by_head() ? options.heads : 1;
  fill_tiles(mask, p);
  return Plan(std::move(p));
}

void fill_tiles(const Mask& mask, TilePlan& p) {
  p.form = kernels::PlanForm::tiles;
  for (std::size_t b = 0; b < p.sequences.size(); ++b) {
    AttentionSequence& s = p.sequences[b];
    s.first_row = p.rows;
    p.rows += tiles_of(s.queries);
    p.sequence_of_row.resize(static_cast<std::size_t>(p.rows), static_cast<std::int32_t>(b));
  }
  Builder build(mask, p);
  p.row_begin.push_back(0);
  for (std::int64_t h = 0; h < p.heads; ++h)
    for (std::size_t b = 0; b < p.sequences.size(); ++b)
      for (std::int64_t r = 0; r < tiles_of(p.sequences[b].queries); ++r)
        build.add_row(h, static_cast<std::int64_t>(b), r);
}

void fill_ranges(const Mask& mask, TilePlan& p) {
  p.form = kernels::PlanForm::ranges;
  p.run_begin.assign(static_cast<std::size_t>(p.heads * p.queries + 1), 0);
  for (std::int64_t h = 0; h < p.heads; ++h)
    for (std::size_t b = 0; b < p.sequences.size(); ++b) {
      const AttentionSequence& s = p.sequences[b];
      if (s.queries > kernels::most_range_queries)
        throw UsageError(fmt::format("{} queries in a plan for decoding, at most {} can be", s.queries,
                                     kernels::most_range_queries));
      for (std::int64_t i = 0; i < s.queries; ++i) {
        const std::size_t first = p.key_runs.size();
        const auto add = [&](std::int64_t begin, std::int64_t end) {
          if (p.key_runs.size() > first && p.key_runs.back().end == begin)
            p.key_runs.back().end = static_cast<std::int32_t>(end);
          else
            p.key_runs.push_back({static_cast<std::int32_t>(begin), static_cast<std::int32_t>(end), 1});
        };
        const std::int64_t at = s.query_past + i;
        const auto batch = static_cast<std::int64_t>(b);
        const auto covered = [&](std::int64_t begin, std::int64_t end) {
          ++p.cost.questions;
          return mask.coverage({batch, h, {at, at + 1}, {s.key_past + begin, s.key_past + end}});
        };
        const Coverage whole = s.keys > 0 ? covered(0, s.keys) : Coverage::none;
        if (whole == Coverage::all) add(0, s.keys);
        for (std::int64_t j = 0; whole == Coverage::some && j < s.keys; j += tile_side) {
          const std::int64_t n = std::min(tile_side, s.keys - j);
          const Coverage c = covered(j, j + n);
          if (c == Coverage::all) add(j, j + n);
          if (c != Coverage::some) continue;
          std::uint64_t word = mask.word({batch, h, at, s.key_past + j}, n);
          while (word != 0) {
            const int begin = std::countr_zero(word), length = std::countr_one(word >> begin);
            add(j + begin, j + begin + length);
            word &= length == 64 ? 0 : ~((~std::uint64_t{0} >> (64 - length)) << begin);
          }
        }
        p.run_begin[static_cast<std::size_t>(h * p.queries + s.query_begin + i) + 1] =
            static_cast<std::int64_t>(p.key_runs.size());
      }
    }
}

}  // namespace regard
