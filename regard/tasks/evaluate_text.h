#pragma once

#include <functional>
#include <vector>

#include "regard/autograd/step.h"
#include "regard/data/documents.h"
#include "regard/metrics/perplexity.h"
#include "regard/models/causal_model.h"
#include "regard/models/text_encoder.h"
#include "regard/text/tokenizer.h"

// How well language models know a text. Every document is measured by itself; its tokens are those that
// training takes, line by line.

namespace regard::tasks {

struct TextEvaluationOptions {
  std::int64_t window = 0;  // tokens that the model sees at once; 0: its positions, 1,024 at most
  // Tokens that a window goes on by, so that each of them but the first ones has at least window - stride
  // before it; 0: half a window. Of a decoder alone.
  std::int64_t stride = 0;
  // A masked model sees a text with every such token masked, as often as it takes to have each masked once;
  // 0: one token at a time, which is the pseudo-perplexity of Salazar et al. 2020.
  std::int64_t mask_every = 7;
  std::int64_t batch_tokens = 4096;                 // of a batch, at most (but one window fits)
  std::function<bool()> cancelled = {};             // asked before every batch: Interrupted
  std::function<void(std::int64_t)> measured = {};  // tokens predicted so far, after every batch
};

struct TextEvaluation {
  TextLoss loss;
  std::int64_t documents = 0;
  // First tokens of documents, which nothing stands before: the tokenizer has no token for the beginning or
  // the end of a text. They are in the sizes, not in the loss.
  std::int64_t not_predicted = 0;
  // Of each window: -log p in nats, tokens predicted; for the bootstrap.
  std::vector<double> window_nats, window_tokens;
};

// A model and its tokenizer; borrows both.
struct CausalText {
  const models::CausalModel& model;
  const Tokenizer& tokenizer;
};
struct MaskedText {
  const models::TextEncoder& model;
  const Tokenizer& tokenizer;
};

// -log p of each token given those before it in its window (strided, as the documentation of transformers has
// it). The token that begins a text, or else that which ends one, stands before a document and is not
// predicted, nor is an end. InputError: data; a document of nothing. UsageError: a window longer than the
// model's positions, a stride longer than the window, or a model without a vocabulary.
TextEvaluation evaluate_causal(const CausalText& with, const data::TextFiles& files, const StepOptions& step,
                               const TextEvaluationOptions& options);

// -log p of each token given those of its window that are not masked; windows do not overlap.
TextEvaluation evaluate_masked(const MaskedText& with, const data::TextFiles& files, const StepOptions& step,
                               const TextEvaluationOptions& options);

}  // namespace regard::tasks
