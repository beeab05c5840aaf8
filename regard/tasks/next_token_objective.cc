#include "regard/tasks/train_text_objective.h"

#include "regard/autograd/ops/vocabulary_loss.h"

namespace regard::tasks {
namespace {

class NextTokenObjective final : public TextObjective {
 public:
  NextTokenObjective(const models::CausalModel& model, const Parts& parts, const TextPlan& plan,
                     RandomKey key)
      : TextObjective(parts, plan, key), model_(model) {}

 protected:
  // One id more than the model reads, for what follows the last; it is the next block's first.
  data::BlockOptions blocks() const override {
    const std::int64_t tokens = block_tokens();
    return {.length = tokens + 1, .overlap = 1, .rows = rows_of(tokens)};
  }

  train::BatchLoss loss_of(Step& step, Blocks blocks, const Goal& goal) const override {
    std::vector<std::int32_t> targets;
    for (std::vector<std::int32_t>& ids : blocks) {
      targets.insert(targets.end(), ids.begin() + 1, ids.end());
      ids.pop_back();
    }
    const Var hidden = model_.hidden(step, TokenBatch::of(blocks));
    const Tensor wanted = Tensor::from<std::int32_t>({static_cast<std::int64_t>(targets.size())}, targets);
    const VocabularyLoss loss = vocabulary_loss(hidden, model_.vocabulary(step), wanted,
                                                {.smoothing = goal.smoothing, .soft_cap = model_.soft_cap()});
    return {loss.sum, loss.plain_sum, loss.tokens};
  }

 private:
  const models::CausalModel& model_;
};

}  // namespace

std::unique_ptr<TextObjective> next_token_objective(const models::CausalModel& model,
                                                    const TextObjective::Parts& parts, const TextPlan& plan,
                                                    RandomKey key) {
  return std::make_unique<NextTokenObjective>(model, parts, plan, key);
}

}  // namespace regard::tasks
