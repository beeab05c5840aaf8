#include "regard/nn/attention/mask.h"

namespace regard {

Reach intersection(const Reach& a, const Reach& b) {
  Reach both;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const Range r{std::max(a[i].begin, b[j].begin), std::min(a[i].end, b[j].end)};
    if (r.begin < r.end) both.push_back(r);
    ++(a[i].end < b[j].end ? i : j);
  }
  return both;
}

Reach united(const Reach& a, const Reach& b) {
  Reach all = a;
  all.insert(all.end(), b.begin(), b.end());
  std::sort(all.begin(), all.end(), [](const Range& x, const Range& y) { return x.begin < y.begin; });
  Reach merged;
  for (const Range& r : all) {
    if (r.begin >= r.end) continue;
    if (!merged.empty() && r.begin <= merged.back().end)
      merged.back().end = std::max(merged.back().end, r.end);
    else
      merged.push_back(r);
  }
  return merged;
}

std::uint64_t Mask::word(At at, std::int64_t n) const {
  return rule_ ? rule_->word(at, n) : ~std::uint64_t{0} >> (64 - n);
}

struct Mask::Both final : Rule {
  Both(Mask x, Mask y) : Rule(x.by_head() || y.by_head()), a(std::move(x)), b(std::move(y)) {}
  bool allows(At at) const override { return a.allows(at) && b.allows(at); }
  Coverage coverage(const Tile& t) const override { return a.coverage(t) & b.coverage(t); }
  std::uint64_t word(At at, std::int64_t n) const override { return a.word(at, n) & b.word(at, n); }
  Reach reach(const ReachOf& of) const override { return intersection(a.reach(of), b.reach(of)); }
  Mask a, b;
};
struct Mask::Either final : Rule {
  Either(Mask x, Mask y) : Rule(x.by_head() || y.by_head()), a(std::move(x)), b(std::move(y)) {}
  bool allows(At at) const override { return a.allows(at) || b.allows(at); }
  Coverage coverage(const Tile& t) const override { return a.coverage(t) | b.coverage(t); }
  std::uint64_t word(At at, std::int64_t n) const override { return a.word(at, n) | b.word(at, n); }
  Reach reach(const ReachOf& of) const override { return united(a.reach(of), b.reach(of)); }
  Mask a, b;
};
struct Mask::Not final : Rule {
  explicit Not(Mask x) : Rule(x.by_head()), a(std::move(x)) {}
  bool allows(At at) const override { return !a.allows(at); }
  Coverage coverage(const Tile& t) const override { return !a.coverage(t); }
  std::uint64_t word(At at, std::int64_t n) const override {
    return ~a.word(at, n) & ~std::uint64_t{0} >> (64 - n);
  }
  Reach reach(const ReachOf& of) const override { return {of.keys}; }
  Mask a;
};

Mask operator&(const Mask& a, const Mask& b) { return Mask(std::make_shared<Mask::Both>(a, b)); }
Mask operator|(const Mask& a, const Mask& b) { return Mask(std::make_shared<Mask::Either>(a, b)); }
Mask operator!(const Mask& a) { return Mask(std::make_shared<Mask::Not>(a)); }

}  // namespace regard
