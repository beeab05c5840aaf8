#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "regard/autograd/probe.h"
#include "regard/models/sequence_to_sequence.h"

namespace regard::decode {

// The decoder's layer whose cross-attention is read as an alignment where nobody chooses: the last but one,
// as Garg et al. 2019 found for six layers; of one or two the last, as `regard demo` measures.
std::int64_t usual_alignment_layer(const models::SequenceToSequence& model);

// Reads that layer's cross-attention while a search runs: after each step the mean of its heads, a row for
// each row of the decoder. Other values go to the probe that was there before, if any.
class CoverageProbe final : public Probe {
 public:
  CoverageProbe(const models::SequenceToSequence& model, Probe* before);
  bool wants(const std::string& name) override;
  std::optional<Tensor> see(const std::string& name, const Tensor& value) override;  // [H,R,S]

  // Of the step last made, for row r: attention to each of the source's tokens (and zeros behind them).
  std::span<const float> row(std::size_t r) const { return {means_.data() + r * width_, width_}; }

 private:
  std::string name_;
  Probe* before_;
  std::vector<float> means_;
  std::size_t width_ = 0;
};

}  // namespace regard::decode
