#include "regard/nn/attention/multi_head.h"

#include <fmt/format.h>

#include <array>

#include "regard/autograd/ops/columns.h"
#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/probe.h"
#include "regard/base/error.h"

namespace regard::nn {
namespace {

MultiHeadShape completed(MultiHeadShape s) {
  if (s.key_heads == 0) s.key_heads = s.heads;
  if (s.heads <= 0 || s.key_heads <= 0 || s.heads % s.key_heads != 0)
    throw InputError(
        fmt::format("{} attention heads and {} key heads: the first must be a multiple of the second",
                    s.heads, s.key_heads));
  if (s.head_width == 0) {
    if (s.width % s.heads != 0)
      throw InputError(fmt::format("a model of width {} cannot be split into {} heads", s.width, s.heads));
    s.head_width = s.width / s.heads;
  }
  return s;
}

// Of each head's row by itself: [N,H,D] -> [N,H,D].
Var norm_heads(const std::optional<Norm>& norm, const Var& x) {
  if (!norm) return x;
  return reshape((*norm)(reshape(x, {x.size(0) * x.size(1), x.size(2)})), x.shape());
}

}  // namespace

MultiHeadNames below(const std::string& prefix, const MultiHeadNames& names) {
  const auto at = [&](const std::string& name) { return name.empty() ? name : prefix + name; };
  return {at(names.query), at(names.key),        at(names.value),   at(names.output),
          at(names.fused), at(names.query_norm), at(names.key_norm)};
}

MultiHead::MultiHead(Parameters& parameters, const MultiHeadNames& names, const MultiHeadShape& shape)
    : shape_(completed(shape)) {
  const std::int64_t H = shape_.heads, G = shape_.key_heads, D = shape_.head_width;
  const auto add = [&](std::optional<Linear>& to, const std::string& name, std::int64_t heads) {
    to.emplace(parameters, name, LinearShape{shape_.width, heads * D, shape_.bias, shape_.layout});
  };
  if (!names.fused.empty()) {
    add(fused_, names.fused, H + 2 * G);
  } else {
    add(query_, names.query, H);
    add(key_, names.key, G);
    add(value_, names.value, G);
  }
  output_.emplace(parameters, names.output,
                  LinearShape{H * D, shape_.width, shape_.output_bias.value_or(shape_.bias), shape_.layout});
  NormShape norm = shape_.head_norm;
  norm.width = D;
  if (!names.query_norm.empty()) query_norm_.emplace(parameters, names.query_norm, norm);
  if (!names.key_norm.empty()) key_norm_.emplace(parameters, names.key_norm, norm);
}

Var MultiHead::queries(const Var& x) const {
  return norm_heads(query_norm_, split_heads((*query_)(x), shape_.heads));
}

MultiHead::KeysValues MultiHead::keys_values(const Var& y) const {
  return {norm_heads(key_norm_, split_heads((*key_)(y), shape_.key_heads)),
          split_heads((*value_)(y), shape_.key_heads)};
}

std::vector<Var> MultiHead::split_fused(const Var& x) const {
  const std::int64_t N = x.size(0), H = shape_.heads, G = shape_.key_heads, D = shape_.head_width;
  const Var all = (*fused_)(x);
  std::vector<Var> parts = shape_.fused_order == FusedOrder::blocks
                               ? split_columns(all, std::array{H * D, G * D, G * D})
                               : split_columns(reshape(all, {N * H, 3 * D}), std::array{D, D, D});
  for (std::size_t i = 0; i < 3; ++i) parts[i] = reshape(parts[i], {N, i == 0 ? H : G, D});
  return parts;
}

MultiHead::Projected MultiHead::project(const Var& x, const Var& y) const {
  if (fused_) {
    const std::vector<Var> parts = split_fused(x);
    return {norm_heads(query_norm_, parts[0]), norm_heads(key_norm_, parts[1]), parts[2]};
  }
  const Var q = queries(x);
  const auto [k, v] = keys_values(y);
  return {q, k, v};
}

Var MultiHead::output(const Var& attended) const {
  return at("attention.output", (*output_)(merge_heads(attended)));
}

Var MultiHead::operator()(const Var& x, const Var& y, const Attention& how) const {
  const auto [q, k, v] = project(x, y);
  return output(attend(q, k, v, how));
}

Var MultiHead::extend(const Var& x, CacheLayer cache, const Attention& how) const {
  Step& step = x.step();
  const auto [q, k, v] = project(x, x);
  cache.append(step.kernels(), {prepare_keys(k, how, cache.positions()).value(), v.value()});
  Attention cached = how;
  cached.keys = Keys::cached;
  return output(attend(q, step.constant(cache.keys()), step.constant(cache.values()), cached));
}

Var MultiHead::recall(const Var& x, const Var& y, SourceLayer cache, const Attention& how) const {
  Step& step = x.step();
  if (cache.empty()) {
    const auto [k, v] = keys_values(y);
    cache.set({prepare_keys(k, how, cache.positions()).value(), v.value()});
  }
  Attention cached = how;
  cached.keys = Keys::cached;
  return output(attend(queries(x), step.constant(cache.keys()), step.constant(cache.values()), cached));
}

}  // namespace regard::nn
