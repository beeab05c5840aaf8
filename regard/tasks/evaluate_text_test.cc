#include "regard/tasks/evaluate_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "regard/autograd/ops/softmax.h"
#include "regard/base/error.h"
#include "regard/tasks/fill_mask.h"
#include "regard/tasks/generate_text.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/small_causal_model.h"
#include "tests/support/small_encoder.h"

namespace regard::tasks {
namespace {

namespace fs = std::filesystem;
using Ids = std::vector<std::int32_t>;

class EvaluateTextTest : public testing::Test {
 protected:
  EvaluateTextTest() : pool_(2) {
    fs::create_directories(folder_ / "model");
    step_.threads = &pool_;
  }

  data::TextFiles file(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return {{folder_ / name}};
  }

  // -log p of targets[t] by the logits [N,V] at t, added up; -1: not counted.
  static double nats(const Tensor& logits, const Ids& targets) {
    const std::vector<double> values = logits.to_doubles();
    const auto width = static_cast<std::size_t>(logits.size(1));
    double sum = 0;
    for (std::size_t t = 0; t < targets.size(); ++t) {
      if (targets[t] < 0) continue;
      const double* row = values.data() + t * width;
      double total = 0;
      for (std::size_t v = 0; v < width; ++v) total += std::exp(row[v]);
      sum += std::log(total) - row[static_cast<std::size_t>(targets[t])];
    }
    return sum;
  }

  testing_support::ScratchFolder folder_;
  ThreadPool pool_;
  StepOptions step_;
};

const std::string text = "to be or not to be, that is the question";

class EvaluateCausal : public EvaluateTextTest {
 protected:
  EvaluateCausal() {
    testing_support::make_small_causal_model(folder_ / "model");
    generator_.emplace(TextGenerator::load(folder_ / "model"));
  }
  TextEvaluation evaluate(const data::TextFiles& files, const TextEvaluationOptions& options) {
    return evaluate_causal({generator_->model(), generator_->tokenizer()}, files, step_, options);
  }
  // Of a text's ids from `begin` to `end`, of which those behind `from` are predicted.
  double nats_of(const Ids& ids, std::size_t begin, std::size_t end, std::size_t from) {
    const Ids read(ids.begin() + static_cast<std::ptrdiff_t>(begin),
                   ids.begin() + static_cast<std::ptrdiff_t>(end));
    Ids targets;
    for (std::size_t i = begin + 1; i <= end; ++i) targets.push_back(i > from ? ids[i] : -1);
    Step step(step_);
    const Var hidden = generator_->model().hidden(step, TokenBatch::of({read}));
    return nats(generator_->model().logits(hidden).value(), targets);
  }
  Ids ids_of(const std::string& of) {
    Ids ids = generator_->tokenizer().encode_ids(of, TextSide::source);
    return ids;
  }

  std::optional<TextGenerator> generator_;
};

TEST_F(EvaluateCausal, IsTheLossOfEveryTokenGivenThoseBefore) {
  const TextEvaluation found = evaluate(file("text", text + "\n"), {});
  const Ids ids = ids_of(text + "\n");
  ASSERT_EQ(ids.size(), text.size() + 1);  // a token a character
  EXPECT_EQ(found.documents, 1);
  EXPECT_EQ(found.not_predicted, 1);  // the tokenizer has no token to begin with
  EXPECT_EQ(found.loss.tokens, static_cast<std::int64_t>(text.size()));
  EXPECT_EQ(found.loss.size.characters, static_cast<std::int64_t>(text.size()) + 1);
  EXPECT_EQ(found.loss.size.words, 10);
  EXPECT_NEAR(found.loss.nats, nats_of(ids, 0, ids.size() - 1, 0), 1e-3);
}

TEST_F(EvaluateCausal, WindowsOverlapAndEachTokenCountsOnce) {
  const Ids ids = ids_of(text + "\n");
  const TextEvaluation found =
      evaluate(file("text", text + "\n"), {.window = 16, .stride = 10, .batch_tokens = 20});
  EXPECT_EQ(found.loss.tokens, 40);
  ASSERT_EQ(found.window_nats.size(), 4U);  // 0-15, 10-25, 20-35, 30-40
  EXPECT_NEAR(found.window_nats[0], nats_of(ids, 0, 16, 0), 1e-3);
  EXPECT_NEAR(found.window_nats[1], nats_of(ids, 10, 26, 16), 1e-3);
  EXPECT_NEAR(found.window_nats[3], nats_of(ids, 30, 40, 36), 1e-3);
  EXPECT_EQ(found.window_tokens, (std::vector<double>{16, 10, 10, 4}));
  // Batches change nothing.
  EXPECT_EQ(evaluate(file("text", text + "\n"), {.window = 16, .stride = 10}).loss.nats, found.loss.nats);
  // Half a window is the stride unless it is said.
  EXPECT_EQ(evaluate(file("text", text + "\n"), {.window = 20}).window_nats.size(), 3U);
}

TEST_F(EvaluateCausal, DocumentsAreMeasuredByThemselves) {
  const double one = evaluate(file("a.jsonl", "{\"text\": \"to be or not\"}\n"), {}).loss.nats;
  const double other = evaluate(file("b.jsonl", "{\"text\": \"not to be\"}\n"), {}).loss.nats;
  const TextEvaluation both =
      evaluate(file("c.jsonl", "{\"text\": \"to be or not\"}\n{\"text\": \"not to be\"}\n"), {});
  EXPECT_EQ(both.documents, 2);
  EXPECT_NEAR(both.loss.nats, one + other, 1e-4);
}

TEST_F(EvaluateCausal, WrongUseIsRefused) {
  EXPECT_THROW(evaluate(file("text", text), {.window = 65}), UsageError);
  EXPECT_THROW(evaluate(file("text", text), {.window = 8, .stride = 9}), UsageError);
  EXPECT_THROW(evaluate(file("short.jsonl", "{\"text\": \"a\"}\n"), {}), InputError);  // nothing is predicted
  TextEvaluationOptions stopped;
  stopped.cancelled = [] { return true; };
  EXPECT_THROW(evaluate(file("text", text), stopped), Interrupted);
}

class EvaluateMasked : public EvaluateTextTest {
 protected:
  EvaluateMasked() {
    testing_support::make_small_encoder(folder_ / "model", "BertForMaskedLM");
    filler_.emplace(MaskFiller::load(folder_ / "model"));
  }
  TextEvaluation evaluate(const std::string& of, const TextEvaluationOptions& options) {
    return evaluate_masked({filler_->model(), filler_->tokenizer()}, file("text", of), step_, options);
  }
  // The logits of a framed text.
  double nats_of(const Ids& ids, const Ids& targets) {
    Step step(step_);
    const TokenBatch batch = TokenBatch::of({ids});
    const Var hidden = filler_->model().hidden(step, {.tokens = &batch});
    const auto projected = filler_->model().project(hidden, batch.layout);
    return nats(linear(projected.features, projected.projection).value(), targets);
  }
  std::optional<MaskFiller> filler_;
};

TEST_F(EvaluateMasked, MasksEachTokenOnce) {
  // a man rides a horse: 5 6 9 5 8, framed by 2 and 3; the mask is 4.
  const double pairs = nats_of({2, 4, 6, 4, 5, 4, 3}, {-1, 5, -1, 9, -1, 8, -1}) +
                       nats_of({2, 5, 4, 9, 4, 8, 3}, {-1, -1, 6, -1, 5, -1, -1});
  const TextEvaluation found = evaluate("a man rides a horse", {.mask_every = 2});
  EXPECT_NEAR(found.loss.nats, pairs, 1e-4);
  EXPECT_EQ(found.loss.tokens, 5);
  EXPECT_EQ(found.window_nats.size(), 2U);

  double alone = 0;
  const Ids whole{2, 5, 6, 9, 5, 8, 3};
  for (std::size_t t = 1; t < 6; ++t) {
    Ids ids = whole, targets(7, -1);
    targets[t] = std::exchange(ids[t], 4);
    alone += nats_of(ids, targets);
  }
  EXPECT_NEAR(evaluate("a man rides a horse", {.mask_every = 0}).loss.nats, alone, 1e-4);
  EXPECT_NEAR(evaluate("a man rides a horse", {}).loss.nats, alone, 1e-4);  // fewer than seven tokens
}

TEST_F(EvaluateMasked, CutsTextIntoWindows) {
  const TextEvaluation found = evaluate("a man rides a horse . the dog runs", {.window = 6});
  EXPECT_EQ(found.loss.tokens, 9);
  EXPECT_EQ(found.window_tokens.size(), 9U);  // 4 + 4 + 1 masks, each alone
  EXPECT_THROW(evaluate("a man", {.window = 2}), UsageError);
  EXPECT_THROW(evaluate("a man", {.window = 11}), UsageError);
}

}  // namespace
}  // namespace regard::tasks
