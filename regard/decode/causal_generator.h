#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "regard/autograd/step.h"
#include "regard/decode/generator.h"
#include "regard/models/causal_model.h"

namespace regard::decode {

// A decoder-only model: results begin with their source. Prompts are read once each, some hundred tokens at a
// time, in pieces that depend on nothing but their own length.
class CausalGenerator final : public Generator {
 public:
  struct Watch {
    std::function<bool()> cancelled;                // asked before every piece: Interrupted
    std::function<void(std::int64_t tokens)> read;  // tokens read so far
  };
  CausalGenerator(const models::CausalModel& model, Step& step, std::vector<TokenIds> prompts, Watch watch)
      : model_(model), step_(step), prompts_(std::move(prompts)), watch_(std::move(watch)) {}

  std::size_t sources() const override { return prompts_.size(); }
  std::int64_t max_positions() const override { return model_.max_positions(); }
  const kernels::Context& kernels() const override { return step_.kernels(); }
  const TokenIds& prompt(std::size_t source) const override { return prompts_[source]; }
  std::size_t seen(std::size_t source) const override { return prompts_[source].size(); }
  Tensor begin(std::span<const int> rows) override;
  Tensor next(std::span<const std::int32_t> ids) override;
  void reorder(std::span<const int> parents) override { state_->reorder(parents); }

 private:
  Tensor read_prompts();  // [sources,C]: hidden states of their last tokens

  const models::CausalModel& model_;
  Step& step_;
  std::vector<TokenIds> prompts_;
  Watch watch_;
  std::unique_ptr<models::DecodingState> state_;
};

}  // namespace regard::decode
