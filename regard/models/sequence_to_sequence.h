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

// What the decoder is given before the first target token when it is taught: the configuration's start token,
// or the target's own last real token, which names its language (mBART).
enum class DecoderStart : std::uint8_t { start_token, last_token };

// An encoder-decoder (Vaswani et al. 2017) as training, decoding and explaining see it, whatever its family.
class SequenceToSequence : public Model {
 public:
  static constexpr std::string_view kind_name = "an encoder-decoder";
  std::string_view kind() const final { return kind_name; }

  virtual Memory encode(Step& step, const TokenBatch& source) const = 0;
  // Hidden states [N,C] for target inputs (shifted right: the start token first), all at once, as the
  // projection takes them. (Where a family scales them before it, the probe's "decoder.output" is unscaled.)
  virtual Var decode(const Memory& memory, const TokenBatch& inputs) const = 0;
  // The projection of hidden states onto the vocabulary: W [V,C] and b [V] or none.
  virtual LinearWeights vocabulary(Step& step) const = 0;
  virtual DecoderStart decoder_start() const { return DecoderStart::start_token; }
  // False for a base model: a pass then gives hidden states and no logits.
  virtual bool has_vocabulary_head() const { return true; }

  // Token by token. Row r translates source row_source[r] of the memory.
  virtual std::unique_ptr<DecodingState> begin(const Memory& memory,
                                               std::span<const int> row_source) const = 0;
  virtual Var next(DecodingState& state,
                   std::span<const std::int32_t> ids) const = 0;  // one id a row -> logits [R,V]
};

}  // namespace regard::models
