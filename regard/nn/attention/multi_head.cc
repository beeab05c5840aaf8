#include "regard/nn/attention/multi_head.h"

#include <fmt/format.h>

#include "regard/autograd/ops/elementwise.h"
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

}  // namespace

MultiHead::MultiHead(Parameters& parameters, const MultiHeadNames& names, const MultiHeadShape& shape)
    : shape_(completed(shape)),
      query_(parameters, names.query, {shape_.width, shape_.heads * shape_.head_width, shape_.bias}),
      key_(parameters, names.key, {shape_.width, shape_.key_heads * shape_.head_width, shape_.bias}),
      value_(parameters, names.value, {shape_.width, shape_.key_heads * shape_.head_width, shape_.bias}),
      output_(parameters, names.output, {shape_.heads * shape_.head_width, shape_.width, shape_.bias}) {}

Var MultiHead::queries(const Var& x) const { return split_heads(query_(x), shape_.heads); }

MultiHead::KeysValues MultiHead::keys_values(const Var& y) const {
  return {split_heads(key_(y), shape_.key_heads), split_heads(value_(y), shape_.key_heads)};
}

Var MultiHead::output(const Var& attended) const { return output_(merge_heads(attended)); }

Var MultiHead::operator()(const Var& x, const Var& y, const Attention& how) const {
  const Var q = queries(x);
  const auto [k, v] = keys_values(y);
  return output(attend(q, k, v, how));
}

Var MultiHead::extend(const Var& x, CacheLayer cache, const Attention& how) const {
  Step& step = x.step();
  const Var q = queries(x);
  const auto [k, v] = keys_values(x);
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
