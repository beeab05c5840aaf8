#pragma once

#include <memory>
#include <span>
#include <string>

#include "regard/autograd/ops/vocabulary_loss.h"
#include "regard/base/json.h"
#include "regard/nn/parameters.h"
#include "regard/tensor/token_batch.h"

namespace regard::models {

// What the decoder sees of the sources: the encoder's result and where each source lies in it.
struct Memory {
  Var states;  // [M,C]
  Layout layout;
};

// A decoder in the middle of its work: caches of one batch of hypotheses (rows), inside one step.
class DecodingState {
 public:
  virtual ~DecodingState() = default;
  // Row r goes on from what row parents[r] was; the number of rows may change (beams are chosen, finished
  // ones dropped).
  virtual void reorder(std::span<const int> parents) = 0;
};

// An encoder-decoder (Vaswani et al. 2017) as training, decoding and explaining see it, whatever its family.
// Immutable in use: any number of threads may call it at once, each with a step of its own; only an
// optimizer, alone, changes its parameters.
class SequenceToSequence {
 public:
  virtual ~SequenceToSequence() = default;

  virtual const Json& config() const = 0;  // the keys of config.json
  virtual nn::Parameters& parameters() = 0;
  virtual const nn::Parameters& parameters() const = 0;
  virtual std::int64_t max_positions() const = 0;  // the longest sequence of either side

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
