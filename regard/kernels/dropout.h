#pragma once

#include "regard/base/random.h"
#include "regard/kernels/context.h"
#include "regard/tensor/view.h"

namespace regard::kernels {

// Inverted dropout (Srivastava et al. 2014): an element is kept with probability `keep` and then divided by
// it. One counter block gives 16 elements 8 bits each, so `keep` is rounded to a multiple of 1/256 and the
// rounded rate is what is divided by. Element e of the contiguous view is decided by (key, e) alone: any
// thread, kernel and the gradient agree without storing a mask.
struct DropoutRule {
  RandomKey key;
  int keep_of_256 = 256;
};
DropoutRule dropout_rule(double rate, RandomKey key);  // UsageError unless 0 <= rate < 1

void dropout(const Context& context, const DropoutRule& rule, const ConstView& x,
             const View& y);  // y may be x
// y = residual + dropout(x): the end of every sublayer.
struct DropoutAdd {
  ConstView x, residual;
};
void dropout_add(const Context& context, const DropoutRule& rule, const DropoutAdd& in, const View& y);

}  // namespace regard::kernels
