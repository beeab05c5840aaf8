#pragma once

#include <memory>
#include <span>

#include "regard/autograd/ops/vocabulary_loss.h"
#include "regard/models/decoding_state.h"
#include "regard/models/model.h"
#include "regard/tensor/token_batch.h"

namespace regard::models {

// Where a text stands whose padding is on its left and which comes without positions: transformers counts the
// padding (GPT-2, and the rotary ones, which do not see it), or the real tokens (OPT, BLOOM).
enum class LeftPadding : std::uint8_t { counted, skipped };

// A decoder without an encoder (Radford et al. 2018): each token sees those before it.
class CausalModel : public Model {
 public:
  static constexpr std::string_view kind_name = "a decoder-only model";
  std::string_view kind() const final { return kind_name; }

  // Whether `architectures` names the model with the projection onto the vocabulary. Without one there are
  // hidden states alone, and the functions on the vocabulary must not be called.
  virtual bool has_vocabulary() const = 0;
  virtual LeftPadding left_padding() const = 0;
  // Whether the longest text of a batch decides about all of it, as with rotary frequencies that follow the
  // length: results then depend on what is computed together.
  virtual bool follows_longest() const { return false; }

  // Hidden states [N,C] after the last norm for all tokens at once.
  virtual Var hidden(Step& step, const TokenBatch& inputs) const = 0;
  // The projection of hidden states onto the vocabulary: W [V,C] and b [V], or no b; and the soft cap of the
  // logits (see VocabularyLossOptions), 0: none.
  virtual LinearWeights vocabulary(Step& step) const = 0;
  virtual double soft_cap() const { return 0; }
  // hidden [N,C] -> [N,V], both of these together.
  Var logits(const Var& hidden) const;

  // Token by token: rows without tokens, inside `step`, which outlives the state.
  virtual std::unique_ptr<DecodingState> begin(Step& step, std::int64_t rows) const = 0;
  // Takes in what the rows begin with, each row its own number of tokens (0 too), in as many calls as one
  // likes. Hidden states [R,C] of each row's last token; a row without tokens here has zeros.
  virtual Var read(DecodingState& state, const TokenBatch& tokens) const = 0;
  // One more token for every row -> logits [R,V].
  virtual Var next(DecodingState& state, std::span<const std::int32_t> ids) const = 0;
};

}  // namespace regard::models
