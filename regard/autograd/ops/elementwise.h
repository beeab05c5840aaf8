#pragma once

#include "regard/autograd/var.h"

// Operations whose result has the elements of their input, each with its gradient.

namespace regard {

Var add(const Var& a, const Var& b);                // a + b, one shape
Var multiply(const Var& a, const Var& b);           // a * b, element by element, one shape
Var scale(const Var& x, double by);                 // by * x
Var add_rows(const Var& x, const Var& row);         // [N,C] + [C]
Var reshape(const Var& x, const Shape& shape);      // the same elements; costs nothing
Var sum(const Var& x);                              // scalar: of all elements
Var gather_rows(const Var& x, const Tensor& rows);  // [N,...] = x[rows[n]]; rows i32 [N] in range

// [N,H*D] -> [N,H,D] and back: a head is D neighboring columns.
inline Var split_heads(const Var& x, std::int64_t heads) {
  return reshape(x, {x.size(0), heads, x.size(1) / heads});
}
inline Var merge_heads(const Var& x) { return reshape(x, {x.size(0), x.size(1) * x.size(2)}); }

}  // namespace regard
