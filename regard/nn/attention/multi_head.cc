#include "regard/nn/attention/multi_head.h"

#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/probe.h"

namespace regard::nn {
namespace {

MultiHeadShape completed(MultiHeadShape shape) {
  if (shape.key_heads == 0) shape.key_heads = shape.heads;
  if (shape.head_width == 0) shape.head_width = shape.width / shape.heads;
  return shape;
}

}  // namespace

MultiHead::MultiHead(Parameters& parameters, const MultiHeadNames& names, const MultiHeadShape& given)
    : shape_(completed(given)),
      query_(parameters, names.query, {shape_.width, shape_.heads * shape_.head_width, shape_.bias}),
      key_(parameters, names.key, {shape_.width, shape_.key_heads * shape_.head_width, shape_.bias}),
      value_(parameters, names.value, {shape_.width, shape_.key_heads * shape_.head_width, shape_.bias}),
      output_(parameters, names.output, {shape_.heads * shape_.head_width, shape_.width, shape_.bias}) {}

Var MultiHead::query(const Var& x) const {
  return at("attention.queries", split_heads(query_(x), shape_.heads));
}
Var MultiHead::key(const Var& x) const {
  return at("attention.keys", split_heads(key_(x), shape_.key_heads));
}
Var MultiHead::value(const Var& x) const {
  return at("attention.values", split_heads(value_(x), shape_.key_heads));
}
Var MultiHead::output(const Var& heads) const { return at("attention.output", output_(merge_heads(heads))); }

Var MultiHead::operator()(const Var& x, const Var& what, const Attention& how) const {
  return output(attend(query(x), key(what), value(what), how));
}

}  // namespace regard::nn
