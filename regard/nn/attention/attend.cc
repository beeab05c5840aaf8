#include "regard/nn/attention/attend.h"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "regard/autograd/probe.h"
#include "regard/base/error.h"

namespace regard {
namespace {

using kernels::AttentionProblem;

// The positions of the plan's queries or keys, row by row.
std::vector<std::int32_t> query_positions(const kernels::TilePlan& plan) {
  std::vector<std::int32_t> at(static_cast<std::size_t>(plan.queries));
  for (const auto& s : plan.sequences)
    for (std::int64_t i = 0; i < s.queries; ++i)
      at[static_cast<std::size_t>(s.query_begin + i)] = static_cast<std::int32_t>(s.query_past + i);
  return at;
}
std::vector<std::int32_t> key_positions(const kernels::TilePlan& plan) {
  std::vector<std::int32_t> at(static_cast<std::size_t>(plan.keys));
  for (const auto& s : plan.sequences)
    for (std::int64_t j = 0; j < s.keys; ++j)
      at[static_cast<std::size_t>(s.key_begin + j)] = static_cast<std::int32_t>(s.key_past + j);
  return at;
}

void check(const Var& q, const Var& k, const Attention& how) {
  if (!how.plan) throw UsageError("attention without a plan");
  const kernels::TilePlan& plan = how.plan.tiles();
  const bool fits = q.shape().rank() == 3 && k.shape().rank() == 3 && q.size(2) == k.size(2) &&
                    q.size(1) % k.size(1) == 0 && q.size(0) == plan.queries &&
                    (how.keys == Keys::cached || k.size(0) == plan.keys) &&
                    (plan.heads == 1 || plan.heads == q.size(1));
  if (!fits)
    throw UsageError(
        fmt::format("attention of queries {} and keys {} with a plan for {} queries, {} keys and {} heads",
                    q.shape().to_string(), k.shape().to_string(), plan.queries, plan.keys, plan.heads));
}

struct Prepared {
  Var q, k;
};
Prepared prepare(const Var& q, const Var& k, const Attention& how) {
  check(q, k, how);
  Prepared rows{q, k};
  const kernels::TilePlan& plan = how.plan.tiles();
  if (how.rotation) {
    rows.q = rotate(rows.q, how.rotation, query_positions(plan));
    if (how.keys == Keys::fresh) rows.k = rotate(rows.k, how.rotation, key_positions(plan));
  }
  if (how.score.length == Score::Length::one) {
    rows.q = unit_rows(rows.q, how.score.tau);
    if (how.keys == Keys::fresh) rows.k = unit_rows(rows.k, {});
  }
  return rows;
}

AttentionProblem problem_of(const Tensor& q, const Tensor& k, const Tensor& v, const Attention& how) {
  AttentionProblem p;
  p.q = q.view();
  p.k = k.view();
  if (v) p.v = v.view();
  p.plan = &how.plan.tiles();
  p.pairing = how.score.pairing;
  p.scale = how.score.factor;
  if (how.score.scaling == Score::Scaling::inverse_root) p.scale /= std::sqrt(static_cast<double>(q.size(2)));
  p.soft_cap = how.score.soft_cap;
  if (how.score.weight) p.additive_weight = how.score.weight.view();
  if (how.bias.table) p.bias = {how.bias.table.view(), how.bias.zero};
  if (const Content& c = how.content; c.buckets)
    p.content = {c.of_query ? c.of_query.view() : ConstView(), c.of_key ? c.of_key.view() : ConstView(),
                 c.buckets.view(), c.zero};
  return p;
}

std::int64_t most_keys(const kernels::TilePlan& plan) {
  std::int64_t most = 1;
  for (const auto& s : plan.sequences) most = std::max(most, s.keys);
  return most;
}

Tensor weights_of(const kernels::Context& context, AttentionProblem p, const WhichWeights& which) {
  std::vector<std::int64_t> heads = which.heads, rows = which.rows;
  const auto all = [](std::vector<std::int64_t>& of, std::int64_t count) {
    of.resize(static_cast<std::size_t>(count));
    std::iota(of.begin(), of.end(), std::int64_t{0});
  };
  if (heads.empty()) all(heads, p.q.size(1));
  if (rows.empty()) all(rows, p.q.size(0));
  for (const std::int64_t h : heads)
    if (h < 0 || h >= p.q.size(1)) throw UsageError(fmt::format("head {} of {}", h, p.q.size(1)));
  for (const std::int64_t n : rows)
    if (n < 0 || n >= p.q.size(0)) throw UsageError(fmt::format("query row {} of {}", n, p.q.size(0)));
  if (!p.v) p.v = p.k;
  Tensor weights = Tensor::empty(
      {static_cast<std::int64_t>(heads.size()), static_cast<std::int64_t>(rows.size()), most_keys(*p.plan)},
      p.q.dtype);
  kernels::attention_weights(context, p, {heads, rows}, weights.mutable_view());
  return weights;
}

// What the gradient keeps: handles only.
struct Kept {
  Tensor q, k, v, out, log_sum;
  Attention how;
  kernels::DropoutRule dropout;
  DType products = DType::f32;
};

void differentiate(const Kept& kept, const Tensor& dy, InputGradients& in) {
  AttentionProblem p = problem_of(kept.q, kept.k, kept.v, kept.how);
  p.dropout = kept.dropout;
  p.products = kept.products;
  const auto like = [&](std::size_t input, const Tensor& x) {
    return in.wants(input) ? Tensor::empty(x.shape(), x.dtype()) : Tensor();
  };
  const Var &table = kept.how.bias.table, &weight = kept.how.score.weight;
  Tensor dq = like(0, kept.q), dk = like(1, kept.k), dv = like(2, kept.v);
  Tensor dbias = table ? like(3, table.value()) : Tensor(),
         dweight = weight ? like(4, weight.value()) : Tensor();
  const auto zeros = [&](std::size_t input, const Var& x) {
    return x && in.wants(input) ? Tensor::zeros(x.shape(), x.dtype()) : Tensor();
  };
  Tensor dof_query = zeros(5, kept.how.content.of_query), dof_key = zeros(6, kept.how.content.of_key);
  const auto view = [](Tensor& x) { return x ? x.mutable_view() : View(); };
  kernels::attention_backward(in.context, p, {kept.out.view(), kept.log_sum.view(), dy.view()},
                              {view(dq), view(dk), view(dv), view(dbias), view(dweight),
                               &kept.how.plan.columns(), view(dof_query), view(dof_key)});
  if (dq) in.add(0, std::move(dq));
  if (dk) in.add(1, std::move(dk));
  if (dv) in.add(2, std::move(dv));
  if (dbias) in.add(3, std::move(dbias));
  if (dweight) in.add(4, std::move(dweight));
  if (dof_query) in.add(5, std::move(dof_query));
  if (dof_key) in.add(6, std::move(dof_key));
}

}  // namespace

Var attend(const Var& q, const Var& k, const Var& v, const Attention& how) {
  Step& step = q.step();
  Prepared rows = prepare(q, k, how);
  if (v.shape().rank() != 3 || v.size(0) != k.size(0) || v.size(1) != k.size(1))
    throw UsageError(
        fmt::format("attention of keys {} and values {}", k.shape().to_string(), v.shape().to_string()));
  rows.q = at("attention.queries", rows.q);
  rows.k = at("attention.keys", rows.k);
  const Var values = at("attention.values", v);
  AttentionProblem p = problem_of(rows.q.value(), rows.k.value(), values.value(), how);
  offer("attention.scale", step, [&] { return step.constant(Tensor::full(Shape(), DType::f64, p.scale)); });
  Tensor out = Tensor::empty({q.size(0), q.size(1), v.size(2)}, q.dtype());

  if (const auto name = probed(step, "attention.weights")) {
    const ProbedPart part = step.probe()->part(*name);
    const auto weights = step.probe()->see(*name, weights_of(step.kernels(), p, {part.heads, part.rows}));
    if (weights && part.whole()) {
      kernels::attention_apply(step.kernels(), p, weights->to(q.dtype()).view(), out.mutable_view());
      return at("attention.heads", step.constant(std::move(out)));
    }
  }

  if (step.weight_format() == kernels::WeightFormat::bf16) p.products = DType::bf16;
  if (step.mode() == Mode::train && how.dropout > 0)
    p.dropout = kernels::dropout_rule(how.dropout, step.draw());
  const bool tracked = rows.q.tracked() || rows.k.tracked() || values.tracked() || how.bias.table.tracked() ||
                       how.score.weight.tracked() || how.content.of_query.tracked() ||
                       how.content.of_key.tracked();
  const auto log_sum_name = probed(step, "attention.log_sum");
  Tensor log_sum = tracked || log_sum_name ? Tensor::empty({q.size(0), q.size(1)}, q.dtype()) : Tensor();
  kernels::attention_forward(step.kernels(), p,
                             {out.mutable_view(), log_sum ? log_sum.mutable_view() : View()});
  if (log_sum_name) show(step, *log_sum_name, step.constant(log_sum));
  Kept kept;
  if (tracked)
    kept = {rows.q.value(), rows.k.value(), values.value(), out, log_sum, how, p.dropout, p.products};
  return at("attention.heads", record(std::move(out),
                                      {rows.q, rows.k, values, how.bias.table, how.score.weight,
                                       how.content.of_query, how.content.of_key},
                                      [kept = std::move(kept)](const Tensor& dy, InputGradients& in) {
                                        differentiate(kept, dy, in);
                                      }));
}

Tensor attention_weights(const Var& q, const Var& k, const Attention& how, const WhichWeights& which) {
  const Prepared rows = prepare(q, k, how);
  return weights_of(q.step().kernels(), problem_of(rows.q.value(), rows.k.value(), {}, how), which);
}

Var prepare_keys(const Var& k, const Attention& how, std::span<const std::int32_t> positions) {
  const Var turned = rotate(k, how.rotation, positions);
  return how.score.length == Score::Length::one ? unit_rows(turned, {}) : turned;
}

}  // namespace regard
