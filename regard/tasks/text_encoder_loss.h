#pragma once

#include "regard/models/text_encoder.h"

// Losses of the heads of text encoders, as transformers computes them from labels.

namespace regard::tasks {

// mean over counted rows of -log softmax(logits)[label]; labels i32 [R], negative: not counted.
Var class_loss(const models::TextEncoder::Projected& head, const Tensor& labels);

// mean of (logits - labels)^2; labels [R,L] of the compute type.
Var squared_loss(const Var& logits, const Tensor& labels);

// mean over the counted elements of binary cross-entropy of sigmoid(logits) and labels; both [R,L], elements
// counted where `counted` [R,L] is 1 (absent: all).
Var binary_loss(const Var& logits, const Tensor& labels, const Tensor& counted = {});

// The logits of a head, a row for each of its features; of one for spans far below all others where no span
// begins or ends.
Var head_logits(const models::TextEncoder& model, const models::TextEncoder::Projected& head,
                const TokenBatch& tokens);

// Half the sum of two losses, of where spans begin and where they end: each the mean over sequences of
// -log softmax over the sequence's tokens. logits [N,2]; starts and ends [B]; one outside its sequence is not
// counted.
struct Spans {
  std::vector<std::int64_t> starts, ends;
};
Var span_loss(const Var& logits, const Layout& layout, const Spans& spans);

// Columns of [N,C], each as [N].
Var column(const Var& x, std::int64_t c);

}  // namespace regard::tasks
