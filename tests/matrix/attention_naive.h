#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "regard/kernels/reference/attention.h"
#include "tests/matrix/attention_cases.h"
#include "tests/matrix/kernel_testing.h"

// Attention and its gradients as the kernels compute them, for comparison: operands, results, and the naive
// computation that rounds the same operands to bf16.

namespace regard::kernels {

using attention_cases::Case;
using attention_cases::ShapeCase;

struct Extras {
  bool bias = false;
  double soft_cap = 0, dropout = 0;
};

// The operands of a case, the same numbers in either type.
template <class T>
struct Operands {
  Guarded<T> q, k, v, dout, table;
  Operands(const Case& c, std::int64_t N, std::int64_t M)
      : q(Guarded<T>::random({N, c.heads.H, c.shape.D}, 1, 2)),
        k(Guarded<T>::random({M, c.heads.G, c.shape.D}, 2, 2)),
        v(Guarded<T>::random({M, c.heads.G, c.shape.Dv}, 3)),
        dout(Guarded<T>::random({N, c.heads.H, c.shape.Dv}, 4)),
        table(Guarded<T>::random({c.heads.H, 801}, 5)) {}
};

struct Sizes {
  std::int64_t N, M;
};
inline Sizes sizes_of(const ShapeCase& s) {
  return {std::accumulate(s.queries.begin(), s.queries.end(), std::int64_t{0}),
          std::accumulate(s.keys.begin(), s.keys.end(), std::int64_t{0})};
}

template <class T>
AttentionProblem problem_of(Operands<T>& x, const TilePlan& plan, const Extras& extras) {
  AttentionProblem p;
  p.q = x.q.view();
  p.k = x.k.view();
  p.v = x.v.view();
  p.plan = &plan;
  p.scale = 1 / std::sqrt(static_cast<double>(p.q.size(2)));
  p.soft_cap = extras.soft_cap;
  if (extras.bias) p.bias = {x.table.view(), 400};
  p.dropout = dropout_rule(extras.dropout, RandomKey{7});
  return p;
}

template <class T>
struct Results {
  Guarded<T> out, log_sum, dq, dk, dv, dbias;
  explicit Results(const AttentionProblem& p)
      : out({p.q.size(0), p.q.size(1), p.v.size(2)}),
        log_sum({p.q.size(0), p.q.size(1)}),
        dq(p.q.shape),
        dk(p.k.shape),
        dv(p.v.shape),
        dbias({p.q.size(1), 801}) {}
  std::array<Guarded<T>*, 6> all() { return {&out, &log_sum, &dq, &dk, &dv, &dbias}; }
};
inline constexpr const char* result_names[] = {"out", "log_sum", "dq", "dk", "dv", "dbias"};

template <class T>
Results<T> run(const AttentionBy& by, const AttentionProblem& p, Guarded<T>& dout) {
  Results<T> r(p);
  const TileColumns columns = columns_of(*p.plan);
  attention_forward_by(by, p, {r.out.view(), r.log_sum.view()});
  AttentionGradient g{r.dq.view(), r.dk.view(), r.dv.view(), {}, {}, &columns};
  if (p.bias.table) g.dbias = r.dbias.view();
  attention_backward_by(by, p, {r.out.view(), r.log_sum.view(), dout.view()}, g);
  return r;
}

inline double rounded(double x) {
  return static_cast<double>(static_cast<float>(BFloat16(static_cast<float>(x))));
}

// The definition, with every operand of a product rounded to bf16.
inline Results<double> naive(const Case& c, Operands<double>& x, const AttentionProblem& p) {
  Results<double> r(p);
  const TilePlan& plan = *p.plan;
  const std::int64_t H = c.heads.H, G = c.heads.G, D = c.shape.D, Dv = c.shape.Dv;
  for (std::size_t b = 0; b < plan.sequences.size(); ++b)
    for (std::int64_t h = 0; h < H; ++h)
      for (std::int64_t i = 0; i < plan.sequences[b].queries; ++i) {
        const AttentionSequence& s = plan.sequences[b];
        const std::int64_t n = (s.query_begin + i) * H + h, g = h / (H / G);
        const double* const q = &x.q[n * D];
        const double* const dout = &x.dout[n * Dv];
        struct Key {
          std::int64_t m, offset;
          double score, slope, factor, weight;
        };
        std::vector<Key> keys;
        double top = -INFINITY, sum = 0, delta = 0;
        for_visible(plan, s, h, i, [&](std::int64_t j, std::int32_t times) {
          Key key{(s.key_begin + j) * G + g, 400 + j + s.key_past - i - s.query_past, 0, 1, 1, 0};
          for (std::int64_t e = 0; e < D; ++e)
            key.score += rounded(q[e] * p.scale) * rounded(x.k[key.m * D + e]);
          if (p.soft_cap != 0) {
            const double t = std::tanh(key.score / p.soft_cap);
            key.score = p.soft_cap * t;
            key.slope = 1 - t * t;
          }
          if (p.bias.table) key.score += x.table[h * 801 + key.offset];
          key.score += std::log(static_cast<double>(times));
          if (p.dropout.keep_of_256 != 256) {
            const std::int64_t at = j + s.key_past;
            const RandomBlock block = attention_dropout_block(
                p.dropout.key, {static_cast<std::int64_t>(b), h, i + s.query_past, at / 16 * 16});
            const auto byte = block.data()[at % 16 / 4] >> (8 * (at % 4)) & 255U;
            key.factor = static_cast<int>(byte) < p.dropout.keep_of_256 ? 256.0 / p.dropout.keep_of_256 : 0;
          }
          top = std::max(top, key.score);
          keys.push_back(key);
        });
        for (Key& key : keys) sum += key.weight = std::exp(key.score - top);
        r.log_sum[n] = keys.empty() ? INFINITY : top + std::log(sum);
        for (Key& key : keys) key.weight /= sum;
        for (std::int64_t e = 0; e < Dv; ++e) {
          for (const Key& key : keys)
            r.out[n * Dv + e] += rounded(key.weight * key.factor) * rounded(x.v[key.m * Dv + e]);
          delta += dout[e] * r.out[n * Dv + e];
        }
        for (const Key& key : keys) {
          double dweight = 0;
          for (std::int64_t e = 0; e < Dv; ++e) {
            dweight += rounded(dout[e]) * rounded(x.v[key.m * Dv + e]);
            r.dv[key.m * Dv + e] += rounded(key.weight * key.factor) * rounded(dout[e]);
          }
          const double ds = key.weight * (dweight * key.factor - delta) * key.slope;
          for (std::int64_t e = 0; e < D; ++e) {
            r.dq[n * D + e] += p.scale * rounded(ds) * rounded(x.k[key.m * D + e]);
            r.dk[key.m * D + e] += rounded(ds) * rounded(q[e] * p.scale);
          }
          if (p.bias.table) r.dbias[h * 801 + key.offset] += ds;
        }
      }
  return r;
}

}  // namespace regard::kernels
