#pragma once

#include <string>
#include <vector>

#include "regard/autograd/probe.h"
#include "regard/tasks/forward.h"
#include "regard/tensor/layout.h"

// What a pass offers by name while it runs, as the output fields of transformers.

namespace regard::tasks {

// Of one stack fields are called hidden_states.i and attentions.i; of two encoder_hidden_states.i,
// decoder_hidden_states.i, encoder_attentions.i, decoder_attentions.i and cross_attentions.i.
enum class Stacks : std::uint8_t { one, two };

// The output field that a probed value belongs into: a block's input or its weights of attention. Empty where
// it is none or was not asked for.
std::string output_field(const std::string& probed, const ForwardOptions& options, Stacks stacks);

// The padded form of a batch: of the encoder's side and the decoder's. Of a text encoder both are the same.
struct PassSides {
  Stacks stacks = Stacks::one;
  Layout source, target;
  std::int64_t source_columns = 0, target_columns = 0;
};

// Collects those fields, padded.
class PassReader final : public Probe {
 public:
  PassReader(const ForwardOptions& options, const PassSides& sides) : options_(options), sides_(sides) {}

  bool wants(const std::string& name) override;
  std::optional<Tensor> see(const std::string& name, const Tensor& value) override;

  // What was read, and the states after the last block. To be called once, after the pass.
  std::vector<NamedTensor> fields();
  // What the stacks end in, [B,T,C], before a family's scaling; absent where there is no such stack.
  Tensor encoded, decoded;

 private:
  const ForwardOptions& options_;
  const PassSides& sides_;
  std::vector<NamedTensor> fields_;
};

}  // namespace regard::tasks
