#include "regard/models/low_rank.h"

#include <gtest/gtest.h>

#include "regard/autograd/ops/elementwise.h"
#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/models/adapter.h"
#include "regard/models/registry.h"
#include "regard/models/text_encoder.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/small_causal_model.h"
#include "tests/support/small_encoder.h"

namespace regard::models {
namespace {

class LowRankTest : public testing::Test {
 protected:
  LowRankTest() : pool_(1) {
    testing_support::make_small_encoder(folder_ / "base", "BertForSequenceClassification");
  }

  std::unique_ptr<TextEncoder> base() const {
    return as_kind<TextEncoder>(load(folder_ / "base", read_json(folder_ / "base/config.json")), "base");
  }
  LowRankPlan plan(const std::vector<std::string>& targets = {}) const {
    const auto whole = [](const std::string& name) { return name.starts_with("classifier"); };
    return {{.rank = 2, .alpha = 6, .targets = targets}, whole, RandomKey{5}, folder_ / "base", "SEQ_CLS"};
  }
  Var logits(Step& step, const TextEncoder& model) const {
    const Var hidden = model.hidden(step, {.tokens = &batch_});
    const auto head = model.project(hidden, batch_.layout);
    return linear(head.features, head.projection);
  }
  std::vector<double> answers(const TextEncoder& model) const {
    Step step({.threads = &pool_});
    return logits(step, model).value().to_doubles();
  }
  static void draw(TextEncoder& model, const std::string& name) {
    Parameter* p = model.parameters().find(name);
    RandomStream random({9});
    std::vector<double> values(static_cast<std::size_t>(p->shape().elements()));
    for (double& v : values) v = random.normal();
    p->set(Tensor::from<double>(p->shape(), values).to(DType::f32));
  }
  Json written() const { return read_json(folder_ / "adapter/adapter_config.json"); }

  testing_support::ScratchFolder folder_;
  ThreadPool pool_;
  const TokenBatch batch_ = TokenBatch::of({{2, 5, 6, 9, 3}, {2, 7, 3}});
};

const std::string query = "bert.encoder.layer.0.attention.self.query";

TEST_F(LowRankTest, BeginsAsTheModelIsAndIsReadAsItWasWritten) {
  const auto before = base(), model = base();
  const LowRankAdapter adapter(*model, plan());
  const auto first = answers(*before), same = answers(*model);
  for (std::size_t i = 0; i < first.size(); ++i) EXPECT_NEAR(same[i], first[i], 1e-6);
  draw(*model, query + ".lora_B.weight");
  draw(*model, "classifier.weight");
  adapter.save(folder_ / "adapter");
  const auto corrected = answers(*model), merged = answers(*load_as<TextEncoder>(folder_ / "adapter"));
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_GT(std::abs(corrected[i] - first[i]), 1e-3);
    EXPECT_NEAR(merged[i], corrected[i], 1e-4);
  }
  const Json json = written();
  EXPECT_EQ(json["target_modules"], (Json{"query", "value"}));
  EXPECT_EQ(json["modules_to_save"], Json{"classifier"});
  EXPECT_EQ(json["r"], 2);
  EXPECT_EQ(json["lora_alpha"], 6.0);
  EXPECT_EQ(json["fan_in_fan_out"], false);
  const Weights weights = Weights::open(folder_ / "adapter/adapter_model.safetensors");
  EXPECT_EQ(weights.names().size(), 2U * 2 * 2 + 2);  // layers, targets, factors; the head
  EXPECT_EQ(weights.tensor("base_model.model." + query + ".lora_A.weight").shape(), Shape({2, 8}));
}

TEST_F(LowRankTest, OnlyWhatIsTrainedHasAGradient) {
  const auto model = base();
  const LowRankAdapter adapter(*model, plan({"query"}));
  draw(*model, query + ".lora_B.weight");
  Tape tape;
  Step step({.threads = &pool_, .tape = &tape});
  tape.backward(sum(logits(step, *model)));
  for (const Parameter* p : model->parameters().all()) {
    const bool trained = p->name().find("query.lora_") != std::string::npos || p->name().starts_with("cl");
    EXPECT_EQ(p->role() == Parameter::Role::trained, trained) << p->name();
    EXPECT_EQ(static_cast<bool>(tape.gradient(*p)), trained) << p->name();
  }
}

TEST_F(LowRankTest, TargetsAreNamesOrTheirEnds) {
  const auto all = base();
  LowRankAdapter(*all, plan({"all-linear"})).save(folder_ / "adapter");
  // "dense" alone would name the pooler's too.
  const Json names = written()["target_modules"];
  EXPECT_EQ(names.size(), 3U + 2 * 3);
  EXPECT_NE(std::find(names.begin(), names.end(), "key"), names.end());
  EXPECT_NE(std::find(names.begin(), names.end(), "bert.encoder.layer.1.output.dense"), names.end());
  const auto one = base();
  LowRankAdapter(*one, plan({query})).save(folder_ / "adapter");
  EXPECT_EQ(written()["target_modules"], Json{query});
  try {
    LowRankAdapter(*base(), plan({"qurey"}));
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("'query'"), std::string::npos) << error.what();
  }
}

TEST_F(LowRankTest, WeightsThatLieTheOtherWayRound) {
  testing_support::make_small_causal_model(folder_ / "gpt2");
  const auto model = load(folder_ / "gpt2", read_json(folder_ / "gpt2/config.json"));
  LowRankPlan how = plan();
  how.whole = {};
  how.base = folder_ / "gpt2";
  LowRankAdapter(*model, how).save(folder_ / "adapter");
  EXPECT_EQ(written()["fan_in_fan_out"], true);
  EXPECT_EQ(written()["target_modules"], Json{"c_attn"});
  EXPECT_TRUE(written()["modules_to_save"].is_null());
  EXPECT_EQ(load(folder_ / "adapter")->kind(), model->kind());
}

}  // namespace
}  // namespace regard::models
