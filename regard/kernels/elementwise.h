#pragma once

#include "regard/kernels/context.h"
#include "regard/tensor/view.h"

// Element by element over contiguous views of one shape, f32 or f64. Results may overwrite operands.

namespace regard::kernels {

void add(const Context& context, const ConstView& a, const ConstView& b, const View& y);       // y = a + b
void multiply(const Context& context, const ConstView& a, const ConstView& b, const View& y);  // y = a * b
void scale(const Context& context, const ConstView& x, double by, const View& y);              // y = by * x
void accumulate(const Context& context, const ConstView& x, const View& y);                    // y += x
void add_rows(const Context& context, const ConstView& x, const ConstView& row,
              const View& y);  // y[N,C] = x[N,C] + row[C]
// y[C] = sum over rows of x[N,C]; rows are added in fixed chunks in fixed order. Output::add semantics by
// `accumulate`.
void sum_rows(const Context& context, const ConstView& x, const View& y);
// The sum of x * x over all elements, in double, in fixed chunks in fixed order.
double sum_of_squares(const Context& context, const ConstView& x);
bool all_finite(const Context& context, const ConstView& x);

}  // namespace regard::kernels
