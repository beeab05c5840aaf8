#pragma once

#include <memory>
#include <span>

#include "regard/autograd/ops/vocabulary_loss.h"
#include "regard/models/decoding_state.h"
#include "regard/models/model.h"
#include "regard/tensor/token_batch.h"

namespace regard::models {

// A decoder without an encoder (Radford et al. 2018): each token sees those before it.
class CausalModel : public Model {
 public:
  static constexpr std::string_view kind_name = "a decoder-only model";
  std::string_view kind() const final { return kind_name; }

  // Hidden states [N,C] after the last norm for all tokens at once.
  virtual Var hidden(Step& step, const TokenBatch& inputs) const = 0;
  // The projection of hidden states onto the vocabulary: W [V,C] and b [V], or no b.
  virtual LinearWeights vocabulary(Step& step) const = 0;

  // Token by token: rows without tokens, then new tokens for every row, each row its own number of them
  // (prompts first). Gives logits [R,V] of each row's last token.
  virtual std::unique_ptr<DecodingState> begin(Step& step, std::int64_t rows) const = 0;
  virtual Var next(DecodingState& state, const TokenBatch& tokens) const = 0;
};

}  // namespace regard::models
