#pragma once

#include <vector>

#include "regard/base/random.h"
#include "regard/tensor/tensor.h"
#include "regard/text/tokenizer.h"

namespace regard::tasks {

// Hides a share of a training text's tokens behind the mask, so that a label must be found by the others too
// (word dropout, Iyyer et al. 2015, section 3.1, who leave the words out). Tokens that frame a text stay.
class TokenDropout {
 public:
  // UsageError where the share is above 0 and the tokenizer has neither a mask nor an unknown token.
  TokenDropout(double share, const Tokenizer& tokenizer);
  // ids i32 [N] -> [N]; each token is decided by the key alone.
  Tensor operator()(const Tensor& ids, RandomKey key) const;

 private:
  double share_;
  std::int32_t mask_ = 0;
  std::vector<std::int32_t> kept_;
};

}  // namespace regard::tasks
