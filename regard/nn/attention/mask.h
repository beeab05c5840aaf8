#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

// Which query may see which key, as rules that compose: causal() & window(256), window(64) | global({0}),
// !window(3). A rule is asked while a plan is built; kernels never see it.

namespace regard {

// One score. Positions are those in the text, tokens in a cache counted.
struct At {
  std::int64_t batch, head, query, key;
};
struct Range {
  std::int64_t begin, end;
  std::int64_t last() const { return end - 1; }
  std::int64_t size() const { return end - begin; }
  bool operator==(const Range&) const = default;
};
struct Tile {
  std::int64_t batch, head;
  Range query, key;  // neither empty
};

// How much of a tile a rule allows, a three-valued logic. `some` is always a true answer, only a slower one.
enum class Coverage : std::uint8_t { none, some, all };
constexpr Coverage operator&(Coverage a, Coverage b) { return std::min(a, b); }
constexpr Coverage operator|(Coverage a, Coverage b) { return std::max(a, b); }
constexpr Coverage operator!(Coverage c) { return static_cast<Coverage>(2 - static_cast<int>(c)); }

// Ranges of keys, in order and apart from each other.
using Reach = std::vector<Range>;
Reach intersection(const Reach& a, const Reach& b);
Reach united(const Reach& a, const Reach& b);

// What a rule's reach is asked for: queries, and the keys there are.
struct ReachOf {
  std::int64_t batch, head;
  Range query, keys;
};

// A rule must say whether it allows a score. It may also say
//   Coverage coverage(const Tile&) const        of a whole tile: without it every score of every tile is
//   asked; std::uint64_t word(At, std::int64_t n) const  bit t: allows (query, key + t), t < n <= 64: faster
//   than one by one; Reach reach(const ReachOf&) const           keys outside are never allowed: a plan then
//   costs time linear in length; static constexpr bool by_head = true        if its answers depend on the
//   head: the plan then has tiles for each.
// All must agree with allows(); the tests ask random tiles.
template <class R>
concept MaskRule = std::copy_constructible<R> && requires(const R& r, At at) {
  { r.allows(at) } -> std::convertible_to<bool>;
};

namespace mask_detail {

template <MaskRule R>
Coverage coverage(const R& rule, const Tile& tile) {
  if constexpr (requires {
                  { rule.coverage(tile) } -> std::same_as<Coverage>;
                })
    return rule.coverage(tile);
  else
    return Coverage::some;
}
template <MaskRule R>
std::uint64_t word(const R& rule, At at, std::int64_t n) {
  if constexpr (requires {
                  { rule.word(at, n) } -> std::same_as<std::uint64_t>;
                }) {
    return rule.word(at, n);
  } else {
    std::uint64_t bits = 0;
    for (std::int64_t t = 0; t < n; ++t, ++at.key)
      bits |= static_cast<std::uint64_t>(static_cast<bool>(rule.allows(at))) << t;
    return bits;
  }
}
template <MaskRule R>
Reach reach(const R& rule, const ReachOf& of) {
  if constexpr (requires {
                  { rule.reach(of) } -> std::same_as<Reach>;
                })
    return rule.reach(of);
  else
    return {of.keys};
}
template <class R>
constexpr bool by_head() {
  if constexpr (requires { R::by_head; })
    return R::by_head;
  else
    return false;
}

}  // namespace mask_detail

class Mask;
// A rule that is not yet a mask. The order matters: to ask whether a Mask is a rule would ask how it is made.
template <class R>
concept NewRule = !std::same_as<std::remove_cvref_t<R>, Mask> && MaskRule<R>;

// Any rule, as a value. Immutable; copies share the rule. A default mask allows everything.
class Mask {
 public:
  Mask() = default;
  template <NewRule R>
  Mask(R rule)  // NOLINT: a rule is a mask
      : rule_(std::make_shared<Held<R>>(std::move(rule), mask_detail::by_head<R>())) {}

  bool allows(At at) const { return !rule_ || rule_->allows(at); }
  Coverage coverage(const Tile& tile) const { return rule_ ? rule_->coverage(tile) : Coverage::all; }
  std::uint64_t word(At at, std::int64_t n) const;
  Reach reach(const ReachOf& of) const { return rule_ ? rule_->reach(of) : Reach{of.keys}; }
  bool by_head() const { return rule_ && rule_->by_head; }

 private:
  friend Mask operator&(const Mask& a, const Mask& b);
  friend Mask operator|(const Mask& a, const Mask& b);
  friend Mask operator!(const Mask& a);

  struct Rule {
    explicit Rule(bool by_head) : by_head(by_head) {}
    virtual ~Rule() = default;
    virtual bool allows(At at) const = 0;
    virtual Coverage coverage(const Tile& tile) const = 0;
    virtual std::uint64_t word(At at, std::int64_t n) const = 0;
    virtual Reach reach(const ReachOf& of) const = 0;
    bool by_head;
  };
  template <MaskRule R>
  struct Held final : Rule {
    Held(R rule, bool by_head) : Rule(by_head), rule(std::move(rule)) {}
    bool allows(At at) const override { return rule.allows(at); }
    Coverage coverage(const Tile& tile) const override { return mask_detail::coverage(rule, tile); }
    std::uint64_t word(At at, std::int64_t n) const override { return mask_detail::word(rule, at, n); }
    Reach reach(const ReachOf& of) const override { return mask_detail::reach(rule, of); }
    R rule;
  };
  struct Both;
  struct Either;
  struct Not;
  explicit Mask(std::shared_ptr<const Rule> rule) : rule_(std::move(rule)) {}

  std::shared_ptr<const Rule> rule_;
};

Mask operator&(const Mask& a, const Mask& b);
Mask operator|(const Mask& a, const Mask& b);
Mask operator!(const Mask& a);

Mask everything();
Mask causal();                     // key <= query
Mask window(std::int64_t radius);  // |key - query| <= radius. Hugging Face's sliding_window w: causal() &
                                   // window(w - 1)
Mask global(std::vector<std::int64_t> tokens);    // these positions see, and are seen by, every other
Mask padding(std::vector<std::int64_t> lengths);  // key < lengths[batch]
// Keys by themselves: allowed[batch][key] is not 0; keys past its end are hidden.
Mask key_mask(std::vector<std::vector<std::uint8_t>> allowed);
// Only within a segment: ids[batch][query] == ids[batch][key]. Positions past the end belong to no segment.
Mask segments(std::vector<std::vector<std::int32_t>> ids);
// Any given array [T,S] of queries by keys, row-major, the same for every example; outside it nothing is
// allowed.
struct GivenMask {
  std::int64_t T = 0, S = 0;
  std::vector<std::uint8_t> allowed;
};
Mask given(GivenMask mask);  // UsageError unless allowed has T * S elements

// Any predicate bool(At). It is asked for every score, O(T S). Where its answer depends on the head say so,
// or it is asked for head 0 alone.
enum class PerHead : std::uint8_t { same, own };
template <class F, PerHead heads>
struct Custom {
  static constexpr bool by_head = heads == PerHead::own;
  F f;
  bool allows(At at) const { return f(at); }
};
template <PerHead heads = PerHead::same, class F>
Mask custom(F f) {
  return Custom<F, heads>{std::move(f)};
}

}  // namespace regard
