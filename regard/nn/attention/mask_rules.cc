#include <limits>

#include <fmt/format.h>

#include "regard/base/error.h"
#include "regard/nn/attention/mask.h"

namespace regard {
namespace {

// Bits t < n with from <= t <= to.
std::uint64_t bits_between(std::int64_t from, std::int64_t to, std::int64_t n) {
  from = std::max<std::int64_t>(from, 0);
  to = std::min(to, n - 1);
  if (from > to) return 0;
  return (~std::uint64_t{0} >> (63 - (to - from))) << from;
}

// Allows what has low <= key - query <= high.
struct Band {
  static constexpr std::int64_t open = std::numeric_limits<std::int32_t>::max();
  std::int64_t low, high;

  bool allows(At a) const { return low <= a.key - a.query && a.key - a.query <= high; }
  Coverage coverage(const Tile& t) const {
    const std::int64_t least = t.key.begin - t.query.last(), most = t.key.last() - t.query.begin;
    if (low <= least && most <= high) return Coverage::all;
    if (most < low || high < least) return Coverage::none;
    return Coverage::some;
  }
  std::uint64_t word(At a, std::int64_t n) const {
    return bits_between(a.query + low - a.key, a.query + high - a.key, n);
  }
  Reach reach(const ReachOf& of) const {
    const Range r{std::max(of.keys.begin, of.query.begin + low),
                  std::min(of.keys.end, of.query.last() + high + 1)};
    return r.begin < r.end ? Reach{r} : Reach{};
  }
};

struct Global {
  std::vector<std::int64_t> tokens;  // in order, each once

  bool has(std::int64_t p) const { return std::binary_search(tokens.begin(), tokens.end(), p); }
  std::int64_t within(Range r) const {
    return std::lower_bound(tokens.begin(), tokens.end(), r.end) -
           std::lower_bound(tokens.begin(), tokens.end(), r.begin);
  }
  bool allows(At a) const { return has(a.query) || has(a.key); }
  Coverage coverage(const Tile& t) const {
    const std::int64_t q = within(t.query), k = within(t.key);
    if (q == 0 && k == 0) return Coverage::none;
    return q == t.query.size() || k == t.key.size() ? Coverage::all : Coverage::some;
  }
  std::uint64_t word(At a, std::int64_t n) const {
    if (has(a.query)) return ~std::uint64_t{0} >> (64 - n);
    std::uint64_t bits = 0;
    for (auto p = std::lower_bound(tokens.begin(), tokens.end(), a.key); p != tokens.end() && *p < a.key + n;
         ++p)
      bits |= std::uint64_t{1} << (*p - a.key);
    return bits;
  }
  Reach reach(const ReachOf& of) const {
    if (within(of.query) > 0) return {of.keys};
    Reach r;
    for (const std::int64_t p : tokens)
      if (of.keys.begin <= p && p < of.keys.end) r.push_back({p, p + 1});
    return united(r, {});
  }
};

struct Lengths {
  std::vector<std::int64_t> lengths;

  std::int64_t of(std::int64_t batch) const { return lengths[static_cast<std::size_t>(batch)]; }
  bool allows(At a) const { return a.key < of(a.batch); }
  Coverage coverage(const Tile& t) const {
    const std::int64_t n = of(t.batch);
    return t.key.end <= n ? Coverage::all : t.key.begin >= n ? Coverage::none : Coverage::some;
  }
  std::uint64_t word(At a, std::int64_t n) const { return bits_between(0, of(a.batch) - 1 - a.key, n); }
  Reach reach(const ReachOf& r) const {
    const Range keys{r.keys.begin, std::min(r.keys.end, of(r.batch))};
    return keys.begin < keys.end ? Reach{keys} : Reach{};
  }
};

struct KeyMask {
  std::vector<std::vector<std::uint8_t>> mask;

  bool allows(At a) const {
    const auto& row = mask[static_cast<std::size_t>(a.batch)];
    const auto key = static_cast<std::size_t>(a.key);
    return key < row.size() && row[key] != 0;
  }
  Coverage coverage(const Tile& t) const {
    std::int64_t allowed = 0;
    for (std::int64_t j = t.key.begin; j < t.key.end; ++j) allowed += allows({t.batch, 0, 0, j});
    return allowed == 0 ? Coverage::none : allowed == t.key.size() ? Coverage::all : Coverage::some;
  }
};

struct Segments {
  std::vector<std::vector<std::int32_t>> ids;

  const std::int32_t* find(std::int64_t batch, std::int64_t p) const {
    const auto& row = ids[static_cast<std::size_t>(batch)];
    return p < static_cast<std::int64_t>(row.size()) ? &row[static_cast<std::size_t>(p)] : nullptr;
  }
  bool allows(At a) const {
    const std::int32_t *q = find(a.batch, a.query), *k = find(a.batch, a.key);
    return q != nullptr && k != nullptr && *q == *k;
  }
  // The least and the greatest id of a range; segments are neighbors as a rule, so these tell most tiles
  // apart.
  struct Extent {
    std::int32_t least = std::numeric_limits<std::int32_t>::max(),
                 most = std::numeric_limits<std::int32_t>::min();
    bool whole = true;  // no position past the end
  };
  Extent extent(std::int64_t batch, Range r) const {
    Extent e;
    for (std::int64_t p = r.begin; p < r.end; ++p) {
      const std::int32_t* id = find(batch, p);
      if (id == nullptr) {
        e.whole = false;
        break;
      }
      e.least = std::min(e.least, *id);
      e.most = std::max(e.most, *id);
    }
    return e;
  }
  Coverage coverage(const Tile& t) const {
    const Extent q = extent(t.batch, t.query), k = extent(t.batch, t.key);
    if (q.most < k.least || k.most < q.least) return Coverage::none;
    const bool one = q.least == q.most && k.least == k.most && q.least == k.least;
    return one && q.whole && k.whole ? Coverage::all : Coverage::some;
  }
};

struct Given {
  GivenMask mask;
  bool allows(At a) const {
    return a.query < mask.T && a.key < mask.S &&
           mask.allowed[static_cast<std::size_t>(a.query * mask.S + a.key)] != 0;
  }
};

}  // namespace

Mask everything() { return {}; }
Mask causal() { return Band{-Band::open, 0}; }
Mask window(std::int64_t radius) { return Band{-radius, radius}; }
Mask global(std::vector<std::int64_t> tokens) {
  std::sort(tokens.begin(), tokens.end());
  tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
  return Global{std::move(tokens)};
}
Mask padding(std::vector<std::int64_t> lengths) { return Lengths{std::move(lengths)}; }
Mask key_mask(std::vector<std::vector<std::uint8_t>> allowed) { return KeyMask{std::move(allowed)}; }
Mask segments(std::vector<std::vector<std::int32_t>> ids) { return Segments{std::move(ids)}; }
Mask given(GivenMask mask) {
  if (static_cast<std::int64_t>(mask.allowed.size()) != mask.T * mask.S)
    throw UsageError(fmt::format("a mask of {} x {} needs {} elements, not {}", mask.T, mask.S,
                                 mask.T * mask.S, mask.allowed.size()));
  return Given{std::move(mask)};
}

}  // namespace regard
