#include "regard/models/sequence_ends.h"

#include <vector>

#include "regard/autograd/ops/elementwise.h"

namespace regard::models {
namespace {

template <class Row>
Var rows_of(const Var& hidden, const Layout& layout, const Row& row) {
  std::vector<std::int32_t> rows;
  for (const Sequence& s : layout.sequences()) rows.push_back(static_cast<std::int32_t>(row(s)));
  return gather_rows(hidden, Tensor::from<std::int32_t>({layout.batch()}, rows));
}

}  // namespace

Var first_tokens(const Var& hidden, const Layout& layout) {
  return rows_of(hidden, layout, [](const Sequence& s) { return s.begin; });
}

Var last_tokens(const Var& hidden, const Layout& layout) {
  return rows_of(hidden, layout, [](const Sequence& s) { return s.begin + s.length - 1; });
}

}  // namespace regard::models
