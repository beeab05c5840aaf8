#include "regard/autograd/ops/vocabulary_loss.h"
#include "regard/base/error.h"
#include "regard/tasks/mask_frame.h"
#include "regard/tasks/train_text_objective.h"

namespace regard::tasks {
namespace {

class MaskedTokensObjective final : public TextObjective {
 public:
  MaskedTokensObjective(const models::TextEncoder& model, const Parts& parts, const TextPlan& plan,
                        RandomKey key)
      : TextObjective(parts, plan, key),
        model_(model),
        frame_(mask_frame(parts.tokenizer)),
        vocabulary_(static_cast<std::uint64_t>(parts.tokenizer.vocabulary_size(TextSide::target))) {
    if (model.head() != models::HeadKind::vocabulary)
      throw InputError(
          "fill-mask: found a model without a head for the vocabulary, expected architectures "
          "such as BertForMaskedLM");
  }

 protected:
  data::BlockOptions blocks() const override {
    const std::int64_t tokens = std::max<std::int64_t>(1, block_tokens() - 2);  // without the frame
    return {.length = tokens, .overlap = 0, .rows = rows_of(tokens + 2)};
  }

  train::BatchLoss loss_of(Step& step, Blocks blocks, const Goal& goal) const override {
    RandomStream random(goal.key);
    std::vector<std::int32_t> targets;
    for (std::vector<std::int32_t>& ids : blocks) {
      targets.push_back(-1);
      const std::size_t first = targets.size();
      bool any = false;
      for (std::int32_t& id : ids) {
        const bool chosen = random.uniform() < plan_.text.mlm_probability;
        any = any || chosen;
        targets.push_back(chosen ? id : -1);
        if (chosen) id = instead_of(id, random);
      }
      if (!any) {  // or a short text might have no loss
        const std::size_t i = random.below(ids.size());
        targets[first + i] = ids[i];
        ids[i] = instead_of(ids[i], random);
      }
      targets.push_back(-1);
      ids.insert(ids.begin(), frame_.begin);
      ids.push_back(frame_.end);
    }
    const TokenBatch tokens = TokenBatch::of(blocks);
    const Var hidden = model_.hidden(step, {.tokens = &tokens});
    const auto projected = model_.project(hidden, tokens.layout);
    const Tensor wanted = Tensor::from<std::int32_t>({static_cast<std::int64_t>(targets.size())}, targets);
    const VocabularyLoss loss =
        vocabulary_loss(projected.features, projected.projection, wanted, {.smoothing = goal.smoothing});
    return {loss.sum, loss.plain_sum, loss.tokens};
  }

 private:
  std::int32_t instead_of(std::int32_t id, RandomStream& random) const {
    const double u = random.uniform();
    if (u < 0.8) return frame_.mask;
    return u < 0.9 ? static_cast<std::int32_t>(random.below(vocabulary_)) : id;
  }

  const models::TextEncoder& model_;
  MaskFrame frame_;
  std::uint64_t vocabulary_;
};

}  // namespace

std::unique_ptr<TextObjective> masked_tokens_objective(const models::TextEncoder& model,
                                                       const TextObjective::Parts& parts,
                                                       const TextPlan& plan, RandomKey key) {
  return std::make_unique<MaskedTokensObjective>(model, parts, plan, key);
}

}  // namespace regard::tasks
