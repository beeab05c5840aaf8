#pragma once

#include <functional>

#include "regard/autograd/var.h"

namespace regard {

// f(), of which the tape keeps nothing but what f itself holds: for the gradient f is called a second time
// (Chen et al. 2016, "Training deep nets with sublinear memory cost"). It then draws the same random numbers
// and runs the same operations in the same order, and gradients are added in the order in which they would
// have been: every bit is that of a plain call. f outlives this call where there is a tape: it captures by
// value, and must not depend on what changes. A plain call where the step's blocks are kept, where there is
// no tape or a probe looks on, and inside of another one.
Var checkpointed(Step& step, const std::function<Var()>& f);

}  // namespace regard
