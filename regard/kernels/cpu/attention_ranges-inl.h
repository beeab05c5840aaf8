// Compiled once per level by Highway: see attention.cc.
#if defined(REGARD_ATTENTION_RANGES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef REGARD_ATTENTION_RANGES_INL_H_
#undef REGARD_ATTENTION_RANGES_INL_H_
#else
#define REGARD_ATTENTION_RANGES_INL_H_
#endif

#include "regard/kernels/cpu/attention_forward-inl.h"

// Few queries: nothing is packed, keys and values are read once in place, a query at a time.

HWY_BEFORE_NAMESPACE();
namespace regard::kernels::cpu::HWY_NAMESPACE::attention {

// scores[r] = q . k[r] for R rows, each added in the same order whatever R is; q is zero-padded.
template <int R>
HWY_INLINE void dot_rows(const float* q, const Rows& k, std::int64_t first, float* scores) {
  const F32 d;
  const std::int64_t L = lanes();
  VF sum[R];
  for (int r = 0; r < R; ++r) sum[r] = hn::Zero(d);
  for (std::int64_t x = 0; x < k.width; x += L) {
    const VF part = hn::LoadU(d, q + x);
    for (int r = 0; r < R; ++r)
      sum[r] = hn::MulAdd(part, load_some(k.data + (first + r) * k.stride + x, k.width - x), sum[r]);
  }
  for (int r = 0; r < R; ++r) scores[first + r] = hn::GetLane(hn::SumOfLanes(d, sum[r]));
}

struct Online {  // of one query
  float largest = -std::numeric_limits<float>::infinity(), sum = 0.0f;
};

// What becomes of the scores of neighboring keys.
struct Extra {
  float soft_cap = 0.0f, log_multiplicity = 0.0f;
  const float* bias = nullptr;  // of the first of them; or null
};

// Takes up to 64 neighboring keys into the sum [padded(Dv)].
HWY_INLINE void take_keys(const float* q, const Rows& k, const Rows& v, const Extra& extra, Online& online,
                          float* HWY_RESTRICT sum) {
  const F32 d;
  const std::int64_t L = lanes();
  HWY_ALIGN float weights[side];
  std::int64_t j = 0;
  for (; j + 4 <= k.count; j += 4) dot_rows<4>(q, k, j, weights);
  for (; j < k.count; ++j) dot_rows<1>(q, k, j, weights);
  if (extra.soft_cap != 0.0f)
    for (j = 0; j < k.count; j += L) {
      const VF s = hn::Mul(hn::Load(d, weights + j), hn::Set(d, 1.0f / extra.soft_cap));
      hn::Store(hn::Mul(hn::Set(d, extra.soft_cap), hyperbolic_tangent(s)), d, weights + j);
    }
  float largest = online.largest;
  for (j = 0; j < k.count; ++j) {
    weights[j] += extra.log_multiplicity + (extra.bias != nullptr ? extra.bias[j] : 0.0f);
    largest = weights[j] > largest || largest != largest ? weights[j] : largest;
  }
  for (; j < padded(k.count); ++j) weights[j] = -HUGE_VALF;
  const float base = largest == -HUGE_VALF ? 0.0f : largest;
  VF total = hn::Zero(d);
  for (j = 0; j < k.count; j += L) {
    const VF e = exp_of(hn::Sub(hn::Load(d, weights + j), hn::Set(d, base)));
    total = hn::Add(total, e);
    hn::Store(e, d, weights + j);
  }
  const float shrink = hn::GetLane(exp_of(hn::Set(d, online.largest - base)));
  online.sum = online.sum * shrink + hn::GetLane(hn::SumOfLanes(d, total));
  online.largest = largest;
  for (std::int64_t x = 0; x < v.width; x += L) {
    VF y = hn::Mul(hn::LoadU(d, sum + x), hn::Set(d, shrink));
    for (j = 0; j < v.count; ++j)
      y = hn::MulAdd(hn::Set(d, weights[j]), load_some(v.data + j * v.stride + x, v.width - x), y);
    hn::StoreU(y, d, sum + x);
  }
}

void forward_ranges(const AttentionPiece& piece, const AttentionResult& r) {
  const AttentionProblem& p = *piece.problem;
  const AttentionSequence& s = p.plan->sequences[static_cast<std::size_t>(piece.sequence)];
  const std::int64_t group = p.q.shape[1] / p.k.shape[1], D = p.q.shape[2], Dv = p.v.shape[2];
  auto* memory = static_cast<float*>(piece.scratch);
  float* q = take(memory, padded(D));
  float* sum = take(memory, padded(Dv));
  for (std::int64_t h = piece.head * group; h < (piece.head + 1) * group; ++h)
    for (std::int64_t i = 0; i < s.queries; ++i) {
      const std::int64_t n = s.query_begin + i;
      const float* from = static_cast<const float*>(p.q.data) + n * p.q.strides[0] + h * p.q.strides[1];
      for (std::int64_t x = 0; x < D; ++x) q[x] = from[x] * static_cast<float>(p.scale);
      fill(q + D, q + padded(D), 0.0f);
      fill(sum, sum + padded(Dv), 0.0f);
      Online online;
      for (const KeyRun& run : p.plan->runs_of_query(h, n))
        for (std::int64_t j = run.begin; j < run.end;) {
          const std::int64_t end = least(run.end, (j / side + 1) * side);
          const std::int64_t row = p.plan->key_row(s, j / side) + j % side;
          Extra extra{.soft_cap = static_cast<float>(p.soft_cap)};
          if (run.multiplicity != 1) extra.log_multiplicity = std::log(static_cast<float>(run.multiplicity));
          if (const ConstView& table = p.bias.table)
            extra.bias = static_cast<const float*>(table.data) + h * table.strides[0] + p.bias.zero + j +
                         s.key_past - i - s.query_past;
          take_keys(q, rows_of(p.k, {row, end - j, piece.head}), rows_of(p.v, {row, end - j, piece.head}),
                    extra, online, sum);
          j = end;
        }
      const float inverse = online.sum == 0.0f ? 0.0f : 1.0f / online.sum;
      put_row(r.out, {n, h}, sum, inverse);
      if (r.log_sum)
        static_cast<float*>(r.log_sum.data)[n * r.log_sum.strides[0] + h * r.log_sum.strides[1]] =
            online.sum == 0.0f ? std::numeric_limits<float>::infinity()
                               : online.largest + std::log(online.sum);
    }
}

}  // namespace regard::kernels::cpu::HWY_NAMESPACE::attention
HWY_AFTER_NAMESPACE();

#endif
