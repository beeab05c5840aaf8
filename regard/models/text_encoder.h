#pragma once

#include <map>
#include <optional>
#include <string>

#include "regard/autograd/ops/vocabulary_loss.h"
#include "regard/models/model.h"
#include "regard/tensor/token_batch.h"

namespace regard::models {

// What a text encoder reads. `types` i32 [N] are token types (segments); absent: all zeros. `global` i32 [N]
// of 0 and 1: tokens that see and are seen by all, where the family has such; absent: none. `padded` is the
// number of columns that the batch has in its padded form, which decides between full and sparse attention in
// families that have both; 0: the longest sequence's length.
struct EncoderInputs {
  const TokenBatch* tokens = nullptr;
  Tensor types;
  Tensor global;
  std::int64_t padded = 0;
};

// What a head tells: nothing (the encoder alone), a token of the vocabulary for each token, labels of each
// sequence, labels of each token, where a span begins and ends, for each token whether it was replaced, or
// how well each of several sequences answers a question.
enum class HeadKind : std::uint8_t { none, vocabulary, sequence, tokens, span, replaced, choices };

// What a sequence's labels mean: `problem_type` of config.json. unsaid: to be guessed from the labels.
enum class ProblemType : std::uint8_t { unsaid, regression, single_label, multi_label };

// An encoder alone (Devlin et al. 2019), with the head that its `architectures` names.
class TextEncoder : public Model {
 public:
  static constexpr std::string_view kind_name = "a text encoder";
  std::string_view kind() const final { return kind_name; }

  // Hidden states [N,C] after the last layer, whatever the head.
  virtual Var hidden(Step& step, const EncoderInputs& inputs) const = 0;
  // The first tokens' states after the pooler [B,C]; absent where there is none.
  virtual Var pooled(const Var& hidden, const Layout& layout) const = 0;

  virtual HeadKind head() const = 0;
  virtual ProblemType problem() const = 0;  // of a head for sequences
  // Whether hidden() is what a decoder makes of the text while it attends to the encoder's states of it
  // (BART).
  virtual bool has_decoder() const { return false; }
  // A head ends in a projection: logits = linear(features, projection). Features are [N,C] (vocabulary,
  // tokens, span, replaced; each row by itself, so that rows may be chosen before) or [B,C] (sequence,
  // choices), the projection's rows tokens, labels, (start, end), or one. UsageError where there is no head.
  struct Projected {
    Var features;
    LinearWeights projection;
  };
  virtual Projected project(const Var& hidden, const Layout& layout) const = 0;
  // Beside a head for spans: f64 [N] of 0 and 1, which tokens no span begins or ends at (the question's);
  // absent: there are none such.
  virtual Tensor outside_spans(const TokenBatch& tokens) const {
    (void)tokens;
    return {};
  }
  // Beside a head for the vocabulary: whether the second half of each text follows the first (rows yes, no),
  // as BERT and ALBERT are pre-trained. Features are [B,C]; absent where there is none.
  struct Relation {
    Projected projected;
    std::string_view output;  // what transformers calls its logits
  };
  virtual std::optional<Relation> relation(const Var& hidden, const Layout& layout) const {
    (void)hidden, (void)layout;
    return std::nullopt;
  }
};

}  // namespace regard::models
