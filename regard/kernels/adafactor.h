#pragma once

#include "regard/kernels/context.h"
#include "regard/tensor/view.h"

namespace regard::kernels {

// Adafactor (Shazeer & Stern 2018) without relative steps and without scaling by the parameter's size, in
// the order of transformers' Adafactor: the squares' means by row and by column take the place of Adam's
// second moment; the update is divided by its own root mean square where that is above `clip_threshold`; then
// the (decoupled) decay, then the update. Deviation from the paper, as there: no first moment.
struct Adafactor {
  double learning_rate = 1e-3, weight_decay = 0;
  double epsilon = 1e-30;       // added to the squared gradient
  double clip_threshold = 1;    // of the update's root mean square
  double decay_exponent = 0.8;  // beta2 of update t is 1 - t^-decay_exponent
  std::int64_t step = 1;        // counted from 1
  double scale = 1;             // multiplies the gradient first
};
// A weight of two axes or more is a stack of matrices [..., R, C] with row [..., R] and column [..., C]; any
// other [n] has column [n] (the whole second moment) and an empty row. Contiguous, one type, f32 or f64.
struct AdafactorState {
  View weight, row, column;
};
void adafactor(const Context& context, const Adafactor& how, const ConstView& gradient,
               const AdafactorState& state);

}  // namespace regard::kernels
