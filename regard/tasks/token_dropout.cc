#include "regard/tasks/token_dropout.h"

#include <algorithm>

#include "regard/base/error.h"

namespace regard::tasks {

TokenDropout::TokenDropout(double share, const Tokenizer& tokenizer) : share_(share) {
  const SpecialIds ids = tokenizer.special_ids();
  if (share > 0 && !ids.mask && !ids.unknown)
    throw UsageError("token_dropout: found a tokenizer with neither a mask nor an unknown token, expected 0");
  if (ids.mask || ids.unknown) mask_ = ids.mask ? *ids.mask : *ids.unknown;
  for (const auto& id : {ids.begin, ids.end, ids.padding, ids.classification, ids.separator})
    if (id) kept_.push_back(*id);
}

Tensor TokenDropout::operator()(const Tensor& ids, RandomKey key) const {
  if (share_ == 0) return ids;
  RandomStream random(key);
  std::vector<std::int32_t> hidden;
  for (const std::int32_t id : ids.host<std::int32_t>()) {
    const bool hide = random.uniform() < share_;
    hidden.push_back(hide && std::find(kept_.begin(), kept_.end(), id) == kept_.end() ? mask_ : id);
  }
  return Tensor::from<std::int32_t>({static_cast<std::int64_t>(hidden.size())}, hidden);
}

}  // namespace regard::tasks
