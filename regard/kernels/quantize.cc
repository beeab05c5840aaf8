#include "regard/kernels/quantize.h"

#include <cassert>
#include <cmath>

#include "regard/kernels/reference/matmul.h"
#include "regard/kernels/table.h"

namespace regard::kernels {

void quantize_rows(const Context& context, const ConstView& w, const QuantizedRows& to) {
  assert(w.shape.rank() == 2 && w.contiguous() && to.numbers.contiguous() && to.scales.contiguous());
  assert(to.numbers.shape == w.shape && to.scales.elements() == w.size(0));
  const std::int64_t width = w.size(1);
  for_chunks(context, w.size(0), rows_of_chunk(width), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      const float* x = w.as<float>() + r * width;
      float most = 0;
      for (std::int64_t i = 0; i < width; ++i) most = std::fmax(most, std::fabs(x[i]));
      const reference::Int8Scale scale = reference::int8_scale(most);
      to.scales.as<float>()[r] = scale.scale;
      std::int8_t* const q = to.numbers.as<std::int8_t>() + r * width;
      for (std::int64_t i = 0; i < width; ++i) q[i] = reference::int8_number(x[i], scale.inverse);
    }
  });
}

}  // namespace regard::kernels
