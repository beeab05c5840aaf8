#pragma once

#include <memory>
#include <vector>

#include "regard/decode/coverage.h"
#include "regard/decode/generator.h"
#include "regard/models/sequence_to_sequence.h"

namespace regard::decode {

// An encoder-decoder over encoded sources: its rows have seen the start token, the first of `prompts`.
class TranslationGenerator final : public Generator {
 public:
  TranslationGenerator(const models::SequenceToSequence& model, models::Memory memory,
                       std::vector<TokenIds> prompts)
      : model_(model), memory_(std::move(memory)), prompts_(std::move(prompts)) {}

  // Gives what this probe, that of the memory's step, reads.
  void watch(const CoverageProbe& probe) { coverage_ = &probe; }

  std::size_t sources() const override { return prompts_.size(); }
  std::int64_t max_positions() const override { return model_.max_positions(); }
  const kernels::Context& kernels() const override { return memory_.states.step().kernels(); }
  const TokenIds& prompt(std::size_t source) const override { return prompts_[source]; }
  std::size_t seen(std::size_t) const override { return 1; }
  Tensor begin(std::span<const int> rows) override;
  Tensor next(std::span<const std::int32_t> ids) override;
  void reorder(std::span<const int> parents) override { state_->reorder(parents); }
  std::span<const float> attention(std::size_t row, std::size_t source) const override;

 private:
  const models::SequenceToSequence& model_;
  models::Memory memory_;
  std::vector<TokenIds> prompts_;
  const CoverageProbe* coverage_ = nullptr;
  std::unique_ptr<models::DecodingState> state_;
};

}  // namespace regard::decode
