#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "regard/autograd/ops/linear.h"
#include "regard/models/model.h"
#include "regard/tensor/layout.h"

namespace regard::explain {

// What a model is given: a text, or for an encoder-decoder the source (`ids`) and what the decoder reads
// (`prefix`, the start token first).
struct ModelInput {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> types = {};  // of a text encoder's tokens; empty: all zero
  std::vector<std::int32_t> prefix = {};
};

// What a pass ends in: logits = soft_cap(linear(features, projection)), of which `rows` says whose they are:
// one row for each token, or for each text where the head tells of texts.
struct Outputs {
  Var features;  // [N,C]
  LinearWeights projection;
  double soft_cap = 0;
  Layout rows;
};
// Logits [rows,V] of these rows, i32.
Var logits_of(const Outputs& outputs, const Tensor& rows);

// A model of any kind, as what explains it sees it, and how its passes are computed. Borrows the model.
// Immutable: threads may share it.
class Subject {
 public:
  Subject(const models::Model& model, const StepOptions& options);

  const models::Model& model() const { return model_; }
  const StepOptions& step_options() const { return options_; }
  // Whether it answers anything that a number could be explained of.
  bool has_head() const;
  // Whether rows of outputs are texts, not tokens.
  bool tells_of_texts() const;

  // One pass over several inputs, as one ragged batch. UsageError where it has no head.
  Outputs pass(Step& step, std::span<const ModelInput> inputs) const;
  // The same without the head.
  void run(Step& step, std::span<const ModelInput> inputs) const;
  // What the model would say if it ended after a block, from that block's "lens" in such a pass.
  Outputs end(Step& step, const Tensor& lens, std::span<const ModelInput> inputs) const;

  // The names of the embeddings: of the source and of the prefix, or of the text.
  std::vector<std::string> embeddings() const;
  // What the names of the blocks whose stream the head reads begin with, e.g. "decoder.block.".
  std::string last_stack() const;

 private:
  enum class Kind : std::uint8_t { encoder, decoder, both };
  Var states(Step& step, std::span<const ModelInput> inputs) const;
  Outputs head(const Var& states, std::span<const ModelInput> inputs) const;

  const models::Model& model_;
  StepOptions options_;
  Kind kind_;
};

}  // namespace regard::explain
