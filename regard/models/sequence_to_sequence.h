#pragma once

#include <memory>
#include <span>

#include "regard/autograd/ops/vocabulary_loss.h"
#include "regard/models/decoding_state.h"
#include "regard/models/model.h"
#include "regard/tensor/token_batch.h"

namespace regard::models {

// What the decoder sees of the sources: the encoder's result and where each source lies in it.
struct Memory {
  Var states;  // [M,C]
  Layout layout;
};

// An encoder-decoder (Vaswani et al. 2017) as training, decoding and explaining see it, whatever its family.
class SequenceToSequence : public Model {
 public:
  static constexpr std::string_view kind_name = "an encoder-decoder";
  std::string_view kind() const final { return kind_name; }

  virtual Memory encode(Step& step, const TokenBatch& source) const = 0;
  // Hidden states [N,C] after the last layer for target inputs (shifted right: the start token first), all at
  // once.
  virtual Var decode(const Memory& memory, const TokenBatch& inputs) const = 0;
  // The projection of hidden states onto the vocabulary: W [V,C] and b [V].
  virtual LinearWeights vocabulary(Step& step) const = 0;

  // Token by token. Row r translates source row_source[r] of the memory.
  virtual std::unique_ptr<DecodingState> begin(const Memory& memory,
                                               std::span<const int> row_source) const = 0;
  virtual Var next(DecodingState& state,
                   std::span<const std::int32_t> ids) const = 0;  // one id a row -> logits [R,V]
};

}  // namespace regard::models
