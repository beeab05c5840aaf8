#pragma once

#include "regard/kernels/context.h"
#include "regard/tensor/view.h"

namespace regard::kernels {

// y[N,C] = scale * table[ids[n]] + (positions ? positions[position[n]] : 0). ids, position: i32 [N], in range
// (checked by the caller). table [V,C], positions [P,C] and y of one type, f32 or f64.
struct EmbeddingInput {
  ConstView ids;        // i32 [N]
  ConstView table;      // [V,C]
  ConstView position;   // i32 [N], or empty
  ConstView positions;  // [P,C], or empty
  double scale = 1;
};
void embed(const Context& context, const EmbeddingInput& in, const View& y);

// dtable[V,C] += scale * sum of dy over the rows with that id (a negative id is passed over), added in row
// order (the same bits at any thread count).
struct EmbeddingGradient {
  ConstView ids;  // i32 [N]
  ConstView dy;   // [N,C]
  double scale = 1;
};
void embed_backward(const Context& context, const EmbeddingGradient& in, const View& dtable);

// y[n] = x[rows[n]] over rows of any width; rows i32 [N] in range.
void gather_rows(const Context& context, const ConstView& x, const ConstView& rows, const View& y);

}  // namespace regard::kernels
