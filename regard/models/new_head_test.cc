#include "regard/models/new_head.h"

#include <gtest/gtest.h>

#include "regard/base/error.h"
#include "regard/models/registry.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/small_encoder.h"

namespace regard::models {
namespace {

class NewHeadTest : public testing::Test {
 protected:
  std::unique_ptr<TextEncoder> with(const NewHead& head, std::uint64_t seed = 1) {
    const Json config = read_json(folder_ / "config.json");
    return load_with_head(folder_, with_head(config, head), RandomKey{seed});
  }
  static std::vector<double> values(const Model& model, const std::string& name) {
    return model.parameters().find(name)->value().to_doubles();
  }

  testing_support::ScratchFolder folder_;
};

TEST_F(NewHeadTest, KeepsTheEncoderAndDrawsTheHead) {
  for (const char* first : {"BertModel", "BertForMaskedLM", "BertForQuestionAnswering"}) {
    testing_support::make_small_encoder(folder_, first);
    const auto before = load_base(folder_);
    for (const HeadKind kind : {HeadKind::sequence, HeadKind::tokens}) {
      const auto model = with({kind, {"a", "b", "c"}, ProblemType::single_label});
      EXPECT_EQ(model->head(), kind);
      const std::string name = "encoder.layer.1.output.dense.weight";
      EXPECT_EQ(values(*model, "bert." + name), values(*before, name));
      EXPECT_EQ(model->parameters().find("classifier.weight")->shape(), (Shape{3, 8}));
      EXPECT_NE(values(*model, "classifier.weight"),
                values(*with({kind, {"a", "b", "c"}, ProblemType::single_label}, 2), "classifier.weight"));
      // The pooler is read by a head for sequences alone.
      EXPECT_EQ(model->parameters().find("bert.pooler.dense.weight") != nullptr, kind == HeadKind::sequence);
    }
    EXPECT_EQ(with({HeadKind::span})->head(), HeadKind::span);
  }
}

TEST_F(NewHeadTest, KeepsAHeadOfTheSameLabels) {
  testing_support::make_small_encoder(folder_, "BertForSequenceClassification");
  const NewHead same{HeadKind::sequence, {"LABEL_1", "LABEL_0"}, ProblemType::single_label};
  const Json config = read_json(folder_ / "config.json");
  EXPECT_TRUE(has_head(config, same));
  EXPECT_FALSE(has_head(config, {HeadKind::tokens, same.labels}));
  EXPECT_FALSE(has_head(config, {HeadKind::sequence, {"LABEL_0", "LABEL_2"}}));
  const auto model = with({HeadKind::sequence, {"LABEL_0", "LABEL_1"}, ProblemType::single_label});
  EXPECT_EQ(values(*model, "classifier.weight"), values(*load(folder_), "classifier.weight"));
}

TEST_F(NewHeadTest, IsSaidAsTransformersSaysIt) {
  const Json config = with_head({{"model_type", "distilbert"}},
                                {HeadKind::sequence, {"no", "yes"}, ProblemType::multi_label});
  EXPECT_EQ(config["architectures"], Json::array({"DistilBertForSequenceClassification"}));
  EXPECT_EQ(config["id2label"], (Json{{"0", "no"}, {"1", "yes"}}));
  EXPECT_EQ(config["label2id"], (Json{{"no", 0}, {"yes", 1}}));
  EXPECT_EQ(config["problem_type"], "multi_label_classification");
  EXPECT_EQ(with_head({{"model_type", "xlm-roberta"}}, {HeadKind::tokens, {"O"}})["architectures"],
            Json::array({"XLMRobertaForTokenClassification"}));
  EXPECT_EQ(with_head({{"model_type", "gpt2"}}, {HeadKind::sequence, {"a", "b"}})["architectures"],
            Json::array({"GPT2ForSequenceClassification"}));
  EXPECT_THROW(with_head({{"model_type", "marian"}}, {HeadKind::sequence, {"a", "b"}}), InputError);
}

}  // namespace
}  // namespace regard::models
