#include "regard/tensor/token_batch.h"

namespace regard {

TokenBatch TokenBatch::of(const std::vector<std::vector<std::int32_t>>& sequences) {
  std::vector<std::int64_t> lengths;
  std::vector<std::int32_t> ids;
  for (const auto& s : sequences) {
    lengths.push_back(static_cast<std::int64_t>(s.size()));
    ids.insert(ids.end(), s.begin(), s.end());
  }
  return {Tensor::from<std::int32_t>({static_cast<std::int64_t>(ids.size())}, ids), Layout::of(lengths)};
}

}  // namespace regard
