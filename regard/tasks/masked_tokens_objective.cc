#include "regard/autograd/ops/elementwise.h"
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
    // Rows of the batch that are guessed and what stood there: the others' logits would be for nothing.
    std::vector<std::int32_t> rows, hidden_ids;
    std::int32_t row = 0;
    for (std::vector<std::int32_t>& ids : blocks) {
      ++row;  // the frame's beginning
      const auto hide = [&](std::size_t i) {
        rows.push_back(row + static_cast<std::int32_t>(i));
        hidden_ids.push_back(ids[i]);
        ids[i] = instead_of(ids[i], random);
      };
      const std::size_t before = rows.size();
      for (std::size_t i = 0; i < ids.size(); ++i)
        if (random.uniform() < plan_.text.mlm_probability) hide(i);
      if (rows.size() == before) hide(random.below(ids.size()));  // or a short text might have no loss
      row += static_cast<std::int32_t>(ids.size()) + 1;
      ids.insert(ids.begin(), frame_.begin);
      ids.push_back(frame_.end);
    }
    const TokenBatch tokens = TokenBatch::of(blocks);
    const auto listed = [](const std::vector<std::int32_t>& list) {
      return Tensor::from<std::int32_t>({static_cast<std::int64_t>(list.size())}, list);
    };
    const Var states = gather_rows(model_.hidden(step, {.tokens = &tokens}), listed(rows));
    const auto projected = model_.project(states, tokens.layout);
    const VocabularyLoss loss = vocabulary_loss(projected.features, projected.projection, listed(hidden_ids),
                                                {.smoothing = goal.smoothing});
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
