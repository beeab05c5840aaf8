#pragma once

#include <string>
#include <vector>

#include "regard/autograd/step.h"
#include "regard/base/random.h"
#include "regard/nn/attention/attend.h"

// The axes of the attention product: masks, scores, positions, grouped heads, shapes. A new value of an axis
// is one line here, and every kernel, gradient and benchmark meets it.

namespace regard::attention_cases {

struct ShapeCase {
  std::string name;
  std::vector<std::int64_t> queries, keys;  // a sequence each
  std::int64_t past = 0;                    // of every sequence's queries
  std::int64_t D = 8, Dv = 6;
};
inline std::vector<ShapeCase> small_shapes() {
  return {{"one", {1}, {1}},
          {"empty", {0, 3, 2}, {4, 0, 2}, 0, 4, 4},
          {"short_ragged", {5, 1, 9}, {5, 1, 9}, 0, 6, 5},
          {"cross_ragged", {3, 7}, {11, 2}},
          {"past", {4, 2}, {20, 18}, 16},
          {"l63", {63}, {63}, 0, 4, 4},
          {"l65", {65}, {65}, 0, 4, 3},
          {"l64_and_l65", {64, 2}, {65, 64}, 0, 4, 4}};
}
inline std::vector<ShapeCase> large_shapes() {
  return {{"l1", {1}, {1}, 0, 32, 32},
          {"empty", {0, 3, 70, 2}, {4, 0, 0, 2}, 0, 16, 16},
          {"l63", {63}, {63}, 0, 32, 32},
          {"l64", {64}, {64}, 0, 40, 24},
          {"l65", {65}, {65}, 0, 32, 32},
          {"l113x203", {113}, {203}, 0, 64, 64},
          {"ragged", {25, 1, 70, 12, 40}, {25, 1, 70, 12, 40}, 0, 32, 32},
          {"cross_ragged", {30, 200, 3}, {65, 130, 17}, 0, 24, 20},
          {"past", {40, 9}, {140, 109}, 100, 32, 32},
          {"striped", {130, 5}, {330, 300}, 0, 16, 16}};  // more tiles of keys than stripes
}

struct MaskCase {
  std::string name;
  Mask (*make)(const ShapeCase&);
};
inline std::int64_t most(const std::vector<std::int64_t>& lengths) {
  std::int64_t n = 0;
  for (const std::int64_t l : lengths) n = std::max(n, l);
  return n;
}
inline std::vector<MaskCase> masks() {
  return {
      {"everything", [](const ShapeCase&) { return everything(); }},
      {"causal", [](const ShapeCase&) { return causal(); }},
      {"padding",
       [](const ShapeCase& s) {
         std::vector<std::int64_t> lengths = s.keys;
         for (std::int64_t& l : lengths) l -= l / 3;
         lengths.back() = 0;  // queries that see nothing
         return padding(lengths);
       }},
      {"key_mask",
       [](const ShapeCase& s) {
         std::vector<std::vector<std::uint8_t>> keep;
         for (const std::int64_t l : s.keys) {
           keep.emplace_back();
           for (std::int64_t j = 0; j < l; ++j) keep.back().push_back(j % 3 != 1);
         }
         return key_mask(keep);
       }},
      {"window", [](const ShapeCase&) { return window(3); }},
      {"sliding", [](const ShapeCase&) { return causal() & window(20); }},
      {"longformer",
       [](const ShapeCase&) {
         return window(5) | global({0, 2, 70});
       }},
      {"segments",
       [](const ShapeCase& s) {
         std::vector<std::vector<std::int32_t>> ids;
         for (std::size_t b = 0; b < s.keys.size(); ++b) {
           ids.emplace_back();
           for (std::int64_t p = 0; p < std::max(s.keys[b], s.past + s.queries[b]); ++p)
             ids.back().push_back(static_cast<std::int32_t>(p / 17));
         }
         return segments(ids) & causal();
       }},
      {"given",
       [](const ShapeCase& s) {
         GivenMask m{s.past + most(s.queries), most(s.keys), {}};
         for (std::int64_t e = 0; e < m.T * m.S; ++e) m.allowed.push_back((e * 2654435761U >> 7) % 4 != 0);
         return given(m);
       }},
      {"custom",
       [](const ShapeCase&) { return custom([](At a) { return (a.query * 7 + a.key * 13) % 5 < 2; }); }},
      {"by_head",
       [](const ShapeCase&) {
         return custom<PerHead::own>([](At a) { return a.key - a.query <= a.head - 1; });
       }},
      {"not_window", [](const ShapeCase&) { return (!window(2)) | (!causal()); }},
  };
}

struct ScoreCase {
  std::string name;
  Score (*make)(const Var& tau, const Var& weight);
};
inline std::vector<ScoreCase> scores() {
  return {{"dot", [](const Var&, const Var&) { return dot(); }},
          {"scaled_dot", [](const Var&, const Var&) { return scaled_dot(); }},
          {"cosine", [](const Var&, const Var&) { return cosine(3.0); }},
          {"learned_cosine", [](const Var& tau, const Var&) { return cosine(tau); }},
          {"soft_cap", [](const Var&, const Var&) { return capped(scaled_dot(), 1.5); }},
          {"additive", [](const Var&, const Var& weight) { return additive(weight); }}};
}

struct PositionCase {
  std::string name;
  void (*set)(Attention& how, std::int64_t D, const Var& table);
};
inline std::vector<PositionCase> positions() {
  return {{"none", [](Attention&, std::int64_t, const Var&) {}},
          {"rotary", [](Attention& how, std::int64_t D,
                        const Var&) { how.rotation = rotary({.dims = D / 2 * 2, .longest = 32}); }},
          {"rotary_interleaved",
           [](Attention& how, std::int64_t D, const Var&) {
             how.rotation = rotary({.dims = D / 4 * 2, .pairs = kernels::RotaryPairs::interleaved});
           }},
          {"bias", [](Attention& how, std::int64_t, const Var& table) {
             how.bias = {table, table.size(1) / 2};
           }}};
}

struct HeadCase {
  std::int64_t H, G;
};
inline std::vector<HeadCase> heads() { return {{2, 2}, {2, 1}, {4, 2}}; }

inline Layout layout(const std::vector<std::int64_t>& lengths, std::int64_t past = 0) {
  Layout l;
  for (const std::int64_t n : lengths) l.add(n, past);
  return l;
}

// One point of the product, with its operands in double: q, k, v, tau [H], weight [D], table [H,offsets].
struct Case {
  ShapeCase shape;
  MaskCase mask;
  ScoreCase score;
  PositionCase position;
  HeadCase heads;

  std::string name() const {
    return shape.name + " " + mask.name + " " + score.name + " " + position.name + " " +
           std::to_string(heads.H) + "/" + std::to_string(heads.G);
  }
  Plan make_plan() const {
    return plan(mask.make(shape), layout(shape.queries, shape.past), layout(shape.keys),
                {.heads = heads.H, .source = {}});
  }
  std::vector<Tensor> operands(std::uint64_t seed = 1) const {
    RandomStream random({seed});
    const auto normal = [&](const Shape& s, double by) {
      std::vector<double> x(static_cast<std::size_t>(s.elements()));
      for (double& e : x) e = by * random.normal();
      return Tensor::from<double>(s, x);
    };
    const std::int64_t N = layout(shape.queries).tokens(), M = layout(shape.keys).tokens();
    const std::int64_t span = 2 * (shape.past + std::max(most(shape.queries), most(shape.keys))) + 1;
    return {normal({N, heads.H, shape.D}, 1),
            normal({M, heads.G, shape.D}, 1),
            normal({M, heads.G, shape.Dv}, 1),
            normal({heads.H}, 2),
            normal({shape.D}, 0.7),
            normal({heads.H, span}, 0.5)};
  }
  Attention how(const std::vector<Var>& x, const Plan& p) const {
    Attention a;
    a.plan = p;
    a.score = score.make(x[3], x[4]);
    position.set(a, shape.D, x[5]);
    return a;
  }
  // Takes part: an input that the score or the position does not use has no gradient.
  Var run(const std::vector<Var>& x, const Plan& p, double dropout = 0) const {
    Attention a = how(x, p);
    a.dropout = dropout;
    return attend(x[0], x[1], x[2], a);
  }
};

}  // namespace regard::attention_cases
