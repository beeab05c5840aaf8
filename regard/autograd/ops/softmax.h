#pragma once

#include "regard/autograd/var.h"

namespace regard {

Var softmax(const Var& x);      // [N,V], along the last axis
Var log_softmax(const Var& x);  // [N,V], along the last axis

}  // namespace regard
