#include "regard/tasks/train_feature_extraction.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <fstream>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/tasks/embed.h"
#include "regard/tasks/similarity_scores.h"
#include "regard/tasks/state_pooling.h"
#include "tests/support/scratch_folder.h"

namespace regard::tasks {
namespace {

namespace fs = std::filesystem;
using train::RunDirectory;

// Pairs of texts about the same thing, said with other words.
const std::vector<std::vector<std::string>> things{{"dog", "hound"},  {"car", "auto"},   {"sea", "ocean"},
                                                   {"house", "home"}, {"king", "ruler"}, {"road", "street"}};

struct Pairs {
  enum class Kind : std::uint8_t { plain, scored, with_negatives } kind = Kind::plain;
  int count = 200;
  std::uint64_t seed = 1;
};
std::string lines_of(const Pairs& how) {
  RandomStream random({how.seed});
  const std::vector<std::string> others{"the", "a", "was", "very", "old", "near", "my"};
  const auto text = [&](const std::string& word) {
    std::string all;
    for (int w = 0; w < 2; ++w) all += others[random.below(7)] + " ";
    return all + word;
  };
  std::string lines = how.kind == Pairs::Kind::scored           ? "text\ttext_pair\tscore\n"
                      : how.kind == Pairs::Kind::with_negatives ? "text\ttext_pair\tnegative\n"
                                                                : "";
  for (int i = 0; i < how.count; ++i) {
    const std::size_t one = random.below(6), other = (one + 1 + random.below(5)) % 6;
    const bool same = random.below(2) == 0;
    lines += text(things[one][0]) + "\t";
    if (how.kind == Pairs::Kind::scored)
      lines += text(things[same ? one : other][1]) + (same ? "\t5\n" : "\t1\n");
    else if (how.kind == Pairs::Kind::with_negatives)
      lines += text(things[one][1]) + "\t" + text(things[other][1]) + "\n";
    else
      lines += text(things[one][1]) + "\n";
  }
  return lines;
}

class TrainFeatureExtractionTest : public testing::Test {
 protected:
  TrainFeatureExtractionTest() : pool_(2) {
    around_.step.threads = &pool_;
    around_.log.sink = [this](LogLevel, std::string_view text) { said_ += std::string(text) + "\n"; };
    for (const char* setting :
         {"hidden_size=16", "num_hidden_layers=1", "num_attention_heads=2", "intermediate_size=32",
          "vocab_size=60", "max_length=12", "learning_rate=5e-3", "max_steps=40", "eval_steps=20",
          "save_steps=10", "logging_steps=10", "per_device_train_batch_size=16"})
      set(setting);
  }

  void set(const std::string& text) { training_.settings.push_back(train::parse_setting(text)); }
  fs::path file(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }
  void use(Pairs::Kind kind) {
    training_.train = {file("train.tsv", lines_of({kind, 240, 1}))};
    training_.valid = {file("valid.tsv", lines_of({kind, 60, 2}))};
  }
  TrainingResult run(const std::string& name, RunDirectory::Begin begin = RunDirectory::Begin::fresh) {
    training_.output = folder_ / name;
    training_.begin = begin;
    return train_feature_extraction(training_, around_);
  }
  Json validation(const std::string& name, bool first = false) {
    Json last;
    for (const std::string& line : read_lines(folder_ / name / "log.jsonl"))
      if (const Json json = parse_json(line, "log"); json.contains("eval_loss") && (!first || last.is_null()))
        last = json;
    return last;
  }
  // The cosine of two texts.
  double alike(const std::string& name, const std::string& a, const std::string& b) {
    StepOptions step;
    step.threads = &pool_;
    const std::vector<std::string> texts{a, b};
    auto vectors = Embedder::load(folder_ / name).embed(texts, step);
    for (auto& vector : vectors) normalize(vector);
    double sum = 0;
    for (std::size_t i = 0; i < vectors[0].size(); ++i)
      sum += static_cast<double>(vectors[0][i]) * static_cast<double>(vectors[1][i]);
    return sum;
  }

  testing_support::ScratchFolder folder_;
  ThreadPool pool_;
  train::Surroundings around_;
  FeatureExtractionTraining training_;
  std::string said_;
};

TEST_F(TrainFeatureExtractionTest, FindsTheOtherOfAPairAmongTheBatch) {
  use(Pairs::Kind::plain);
  set("max_steps=120");
  run("model");
  EXPECT_GT(validation("model")["eval_recall@10"].get<double>(), validation("model", true)["eval_recall@10"]);
  EXPECT_GT(alike("model", "the old dog", "a hound"), alike("model", "the old dog", "an ocean") + 0.2);
  EXPECT_EQ(read_json(folder_ / "model/config.json")["architectures"], Json::array({"BertModel"}));
  const Json modules = read_json(folder_ / "model/modules.json");
  ASSERT_EQ(modules.size(), 3U);
  EXPECT_EQ(modules[1]["path"], "1_Pooling");
  EXPECT_EQ(read_json(folder_ / "model/1_Pooling/config.json")["pooling_mode_mean_tokens"], true);
  EXPECT_EQ(read_json(folder_ / "model/1_Pooling/config.json")["word_embedding_dimension"], 16);
  EXPECT_EQ(read_json(folder_ / "model/sentence_bert_config.json")["max_seq_length"], 12);
  EXPECT_TRUE(embedding_form(folder_ / "model").normalize);
}

TEST_F(TrainFeatureExtractionTest, LearnsScores) {
  use(Pairs::Kind::scored);
  set("max_steps=100");
  set("pooling=cls");
  run("model");
  EXPECT_GT(validation("model")["eval_spearman"].get<double>(), 60);
  EXPECT_LT(validation("model")["eval_loss"].get<double>(), validation("model", true)["eval_loss"]);
  EXPECT_EQ(embedding_form(folder_ / "model").pooling, std::vector<Pooling>{Pooling::first});
}

TEST_F(TrainFeatureExtractionTest, LearnsFromNegatives) {
  use(Pairs::Kind::with_negatives);
  for (const char* loss : {"loss=triplet", "loss=multiple_negatives_ranking"}) {
    set(loss);
    run(loss);
    EXPECT_LT(validation(loss)["eval_loss"].get<double>(), validation(loss, true)["eval_loss"]) << loss;
  }
}

TEST_F(TrainFeatureExtractionTest, GoesOnBitForBitFromAModelWithAnAdapter) {
  use(Pairs::Kind::plain);
  run("base");
  training_.init = folder_ / "base";
  set("lora_rank=2");
  run("whole");
  EXPECT_TRUE(fs::exists(folder_ / "whole/adapter_model.safetensors"));
  EXPECT_TRUE(read_json(folder_ / "whole/adapter_config.json")["modules_to_save"].is_null());
  train::Surroundings rest = around_;
  rest.stop = [&] { return said_.find("update 20: validation") != std::string::npos; };
  said_.clear();
  training_.output = folder_ / "parts";
  EXPECT_THROW(train_feature_extraction(training_, rest), Interrupted);
  run("parts", RunDirectory::Begin::resume);
  EXPECT_EQ(read_text(folder_ / "parts/adapter_model.safetensors"),
            read_text(folder_ / "whole/adapter_model.safetensors"));
  EXPECT_GT(alike("whole", "the dog", "the hound"), 0);
}

TEST_F(TrainFeatureExtractionTest, SaysWhatIsWrongWithData) {
  const auto error = [&](const std::string& lines) {
    training_.train = {file("bad.tsv", lines)};
    training_.valid = {};
    try {
      run("no");
    } catch (const InputError& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  const std::string names = "text\ttext_pair\tscore\n";
  EXPECT_NE(error(names + "a dog\ta hound\tlike\n").find("bad.tsv: line 2"), std::string::npos);
  EXPECT_NE(error(names + "a dog\ta hound\t1\na\tb\n").find("no score"), std::string::npos);
  EXPECT_NE(error("a dog\t \n").find("an empty text"), std::string::npos);
  set("loss=triplet");
  EXPECT_NE(error("a dog\ta hound\n").find("no negative"), std::string::npos);
  set("loss=tripel");
  EXPECT_THROW(error("a\tb\n"), UsageError);
}

// Each pooling against the one that `embed` has, which the reference packages check.
TEST(StatePooling, IsTheOneOfEmbedding) {
  const ThreadPool pool(1);
  const Layout layout = Layout::of({3, 1, 4});
  RandomStream random({4});
  std::vector<double> values(8 * 5);
  for (double& v : values) v = random.normal();
  const Tensor states = Tensor::from<double>({8, 5}, values);
  for (const std::string& name : trained_poolings()) {
    const Pooling how = pooling_named(name);
    Step step({.threads = &pool, .compute = DType::f64});
    const std::vector<double> found = pooled_states(step.constant(states), layout, how).value().to_doubles();
    std::size_t at = 0;
    for (const Sequence& s : layout.sequences())
      for (const float expected : pooled(states.rows(s.begin, s.begin + s.length), std::array{how}))
        EXPECT_NEAR(found[at++], static_cast<double>(expected), 1e-6) << name;
  }
}

TEST(SimilarityScores, RanksAndTheirMeans) {
  const ThreadPool pool(1);
  // Candidates at 0, 90 and 180 degrees; the last one twice.
  const Retrieval found{2, {1, 0, 0.6F, 0.8F, -1, 0}, {1, 0, 0, 1, -1, 0, -1, 0}, {0, 0, 3}};
  StepOptions step;
  step.threads = &pool;
  const std::vector<std::size_t> ranks = ranks_of(found, step);
  EXPECT_EQ(ranks, (std::vector<std::size_t>{1, 2, 1}));  // equal ones do not beat each other
  const Json scores = retrieval_scores(ranks);
  EXPECT_NEAR(scores["recall@1"].get<double>(), 200.0 / 3, 1e-9);
  EXPECT_NEAR(scores["mrr@10"].get<double>(), 250.0 / 3, 1e-9);
  EXPECT_NEAR(retrieval_scores(std::vector<std::size_t>{1, 11})["recall@10"].get<double>(), 50, 1e-9);
  EXPECT_NEAR(similarity_scores({{0.1, 0.2, 0.9}, {1, 2, 3}})["spearman"].get<double>(), 100, 1e-9);
}

}  // namespace
}  // namespace regard::tasks
