#pragma once

#include "regard/autograd/var.h"

namespace regard {

// Inverted dropout when training, else x itself. UsageError unless 0 <= rate < 1.
Var dropout(const Var& x, double rate);
// residual + dropout(x): the end of a pre-norm sublayer.
Var dropout_add(const Var& x, const Var& residual, double rate);

}  // namespace regard
