#pragma once

#include "regard/autograd/var.h"
#include "regard/tensor/layout.h"

namespace regard::models {

// The states of each sequence's first or last token: [N,C] -> [B,C].
Var first_tokens(const Var& hidden, const Layout& layout);
Var last_tokens(const Var& hidden, const Layout& layout);

}  // namespace regard::models
