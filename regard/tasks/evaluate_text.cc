#include "regard/tasks/evaluate_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "regard/autograd/ops/elementwise.h"
#include "regard/base/error.h"
#include "regard/tasks/mask_frame.h"

namespace regard::tasks {
namespace {

using Ids = std::vector<std::int32_t>;

// What a model reads at once, and which of it it is to predict: targets[t] after or at token t, -1: nothing.
struct Window {
  Ids ids, targets;
};

// The loss of windows, summed; each window's apart.
using Measure = std::function<std::vector<VocabularyLoss>(Step& step, const std::vector<Window>& windows)>;

// Gathers windows to batches and adds up what they give.
class Measuring {
 public:
  Measuring(Measure measure, const StepOptions& step, const TextEvaluationOptions& options)
      : measure_(std::move(measure)), step_(step), options_(options) {}

  void add(Window window) {
    const auto tokens = static_cast<std::int64_t>(window.ids.size());
    if (!windows_.empty() && tokens_ + tokens > options_.batch_tokens) flush();
    tokens_ += tokens;
    windows_.push_back(std::move(window));
  }
  void flush() {
    if (windows_.empty()) return;
    if (options_.cancelled && options_.cancelled()) throw Interrupted("interrupted while measuring text");
    Step step(step_);
    for (const VocabularyLoss& loss : measure_(step, windows_)) {
      found_.loss.nats += loss.plain_sum;
      found_.loss.tokens += loss.tokens;
      found_.window_nats.push_back(loss.plain_sum);
      found_.window_tokens.push_back(static_cast<double>(loss.tokens));
    }
    windows_.clear();
    tokens_ = 0;
    if (options_.measured) options_.measured(found_.loss.tokens);
  }
  TextEvaluation& found() { return found_; }

 private:
  Measure measure_;
  const StepOptions& step_;
  const TextEvaluationOptions& options_;
  std::vector<Window> windows_;
  std::int64_t tokens_ = 0;
  TextEvaluation found_;
};

// Calls add(ids) with each document's ids, without special tokens, and adds up its size.
template <class Add>
void for_each_document(const data::TextFiles& files, const Tokenizer& tokenizer, Measuring& measuring,
                       Add&& add) {
  data::DocumentReader reader(files);
  TextEvaluation& found = measuring.found();
  Ids ids;
  while (const auto part = reader.next()) {
    if (!part->text.empty()) {
      found.loss.size.add(part->text);
      const TextPair text{part->text, std::nullopt};
      for (const Token& token : tokenizer.encode(text, EncodeOptions{.special_tokens = false}).tokens)
        ids.push_back(token.id);
    }
    if (!part->ends_document) continue;
    ++found.documents;
    add(ids);
    ids.clear();
  }
  measuring.flush();
  if (found.loss.tokens == 0)
    throw InputError(
        fmt::format("{}: found no token to predict, expected text", files.files.front().string()));
}

std::int64_t window_of(std::int64_t wanted, std::int64_t positions) {
  constexpr std::int64_t usual = 1024;
  if (wanted == 0) return positions > 0 ? std::min(usual, positions) : usual;
  if (wanted < 2 || (positions > 0 && wanted > positions))
    throw UsageError(
        fmt::format("--window: found {}, expected 2 to {}, the model's positions", wanted, positions));
  return wanted;
}

std::vector<Ids> ids_of(const std::vector<Window>& windows) {
  std::vector<Ids> ids;
  for (const Window& window : windows) ids.push_back(window.ids);
  return ids;
}

// The rows of `hidden` [N,C] that predict something in a window whose first row is `begin`, and what.
struct Wanted {
  Tensor rows, targets;  // i32 [n]
};
Wanted wanted_in(const Window& window, std::int32_t begin) {
  std::vector<std::int32_t> rows, targets;
  for (std::size_t t = 0; t < window.targets.size(); ++t) {
    if (window.targets[t] < 0) continue;
    rows.push_back(begin + static_cast<std::int32_t>(t));
    targets.push_back(window.targets[t]);
  }
  const auto n = static_cast<std::int64_t>(rows.size());
  return {Tensor::from<std::int32_t>({n}, rows), Tensor::from<std::int32_t>({n}, targets)};
}

// Calls measure(rows of hidden, targets) for each window.
template <class OfWindow>
std::vector<VocabularyLoss> each_window(const Var& hidden, const std::vector<Window>& windows,
                                        OfWindow&& measure) {
  std::vector<VocabularyLoss> losses;
  std::int32_t begin = 0;
  for (const Window& window : windows) {
    const Wanted wanted = wanted_in(window, begin);
    losses.push_back(measure(gather_rows(hidden, wanted.rows), wanted.targets));
    begin += static_cast<std::int32_t>(window.ids.size());
  }
  return losses;
}

// Windows over a document whose first id is not to be predicted; each other id once.
void add_strided(const Ids& ids, std::int64_t length, std::int64_t stride, Measuring& measuring) {
  const auto size = static_cast<std::int64_t>(ids.size());
  std::int64_t done = 0;  // the last id predicted
  for (std::int64_t begin = 0; done + 1 < size; begin += stride) {
    const std::int64_t end = std::min(begin + length, size - 1);  // of the ids read; one more is predicted
    Window window{{ids.begin() + begin, ids.begin() + end}, {}};
    for (std::int64_t i = begin + 1; i <= end; ++i)
      window.targets.push_back(i > done ? ids[static_cast<std::size_t>(i)] : -1);
    done = end;
    measuring.add(std::move(window));
  }
}

// The window once for each group of its tokens, the group masked.
void add_masked(std::span<const std::int32_t> text, const MaskFrame& frame, std::int64_t every,
                Measuring& measuring) {
  const std::size_t groups = std::min(text.size(), every > 0 ? static_cast<std::size_t>(every) : text.size());
  for (std::size_t g = 0; g < groups; ++g) {
    Window window{{frame.begin}, {-1}};
    for (std::size_t t = 0; t < text.size(); ++t) {
      const bool hidden = t % groups == g;
      window.ids.push_back(hidden ? frame.mask : text[t]);
      window.targets.push_back(hidden ? text[t] : -1);
    }
    window.ids.push_back(frame.end);
    window.targets.push_back(-1);
    measuring.add(std::move(window));
  }
}

}  // namespace

TextEvaluation evaluate_causal(const CausalText& with, const data::TextFiles& files, const StepOptions& step,
                               const TextEvaluationOptions& options) {
  const models::CausalModel& model = with.model;
  if (!model.has_vocabulary())
    throw InputError(
        "found a model without a head for the vocabulary, expected architectures such as GPT2LMHeadModel");
  const std::int64_t window = window_of(options.window, model.max_positions());
  const std::int64_t stride = options.stride > 0 ? options.stride : std::max<std::int64_t>(1, window / 2);
  if (stride > window)
    throw UsageError(fmt::format("--stride: found {}, expected at most {}, the window", stride, window));
  Measuring measuring(
      [&model](Step& pass, const std::vector<Window>& windows) {
        const Var hidden = model.hidden(pass, TokenBatch::of(ids_of(windows)));
        const LinearWeights vocabulary = model.vocabulary(pass);
        return each_window(hidden, windows, [&](const Var& rows, const Tensor& targets) {
          return vocabulary_loss(rows, vocabulary, targets, {.soft_cap = model.soft_cap()});
        });
      },
      step, options);
  const SpecialIds special = with.tokenizer.special_ids();
  const std::optional<std::int32_t> first = special.begin ? special.begin : special.end;
  for_each_document(files, with.tokenizer, measuring, [&](Ids& ids) {
    if (ids.empty()) return;
    if (first) ids.insert(ids.begin(), *first);
    if (!first) ++measuring.found().not_predicted;
    add_strided(ids, window, stride, measuring);
  });
  return std::move(measuring.found());
}

TextEvaluation evaluate_masked(const MaskedText& with, const data::TextFiles& files, const StepOptions& step,
                               const TextEvaluationOptions& options) {
  const models::TextEncoder& model = with.model;
  if (model.head() != models::HeadKind::vocabulary)
    throw InputError(
        "found a model without a head for the vocabulary, expected architectures such as BertForMaskedLM");
  const MaskFrame frame = mask_frame(with.tokenizer);
  const std::int64_t window = window_of(options.window, model.max_positions());
  if (window < 3)
    throw UsageError(fmt::format("--window: found {}, expected at least 3: text and its frame", window));
  Measuring measuring(
      [&model](Step& pass, const std::vector<Window>& windows) {
        const TokenBatch batch = TokenBatch::of(ids_of(windows));
        const Var hidden = model.hidden(pass, {.tokens = &batch});
        return each_window(hidden, windows, [&](const Var& rows, const Tensor& targets) {
          const auto projected = model.project(rows, batch.layout);
          return vocabulary_loss(projected.features, projected.projection, targets);
        });
      },
      step, options);
  for_each_document(files, with.tokenizer, measuring, [&](const Ids& ids) {
    const auto length = static_cast<std::size_t>(window - 2);
    for (std::size_t begin = 0; begin < ids.size(); begin += length)
      add_masked(std::span(ids).subspan(begin, std::min(length, ids.size() - begin)), frame,
                 options.mask_every, measuring);
  });
  return std::move(measuring.found());
}

}  // namespace regard::tasks
