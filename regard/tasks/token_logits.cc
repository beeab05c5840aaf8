#include "regard/tasks/token_logits.h"

#include <algorithm>
#include <numeric>

#include "regard/base/error.h"
#include "regard/tasks/text_encoder_loss.h"

namespace regard::tasks {

std::vector<std::vector<double>> token_logits(const models::TextEncoder& model,
                                              std::span<const EncoderExample> examples,
                                              const StepOptions& options, const TokenLogitsOptions& how) {
  std::vector<std::uint32_t> order(examples.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return examples[a].ids.size() > examples[b].ids.size();
  });
  std::vector<std::vector<double>> results(examples.size());
  for (std::size_t begin = 0; begin < order.size();) {
    if (how.cancelled && how.cancelled()) throw Interrupted("interrupted while computing");
    const auto longest = std::max<std::size_t>(1, examples[order[begin]].ids.size());
    const std::int64_t fitting = how.batch_tokens / static_cast<std::int64_t>(longest);
    const auto rows = static_cast<std::size_t>(std::clamp<std::int64_t>(fitting, 1, how.batch_size));
    const std::size_t end = std::min(order.size(), begin + rows);
    const EncoderBatch batch = encoder_batch(examples, std::span(order).subspan(begin, end - begin));
    Step step(options);
    const auto head = model.project(model.hidden(step, batch.inputs()), batch.tokens.layout);
    const Tensor logits = head_logits(model, head, batch.tokens).value();
    for (std::size_t i = begin; i < end; ++i) {
      const Sequence& s = batch.tokens.layout.sequences()[i - begin];
      results[order[i]] = logits.rows(s.begin, s.begin + s.length).to_doubles();
    }
    begin = end;
  }
  return results;
}

void require_head(const models::TextEncoder& model, const HeadWanted& head,
                  const std::filesystem::path& directory) {
  if (model.head() == head.kind) return;
  const JsonField config(model.config(), (directory / "config.json").string());
  if (config.has("architectures")) config.at("architectures").refuse(head.expected);
  config.refuse("architectures that name " + head.expected);
}

}  // namespace regard::tasks
