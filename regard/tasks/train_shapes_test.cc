#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "regard/autograd/ops/linear.h"
#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/models/registry.h"
#include "regard/tasks/train_translation.h"
#include "regard/tasks/translate.h"
#include "tests/support/scratch_folder.h"

// Every shape of model is trained, resumed, averaged, written, and translates.

namespace regard::tasks {
namespace {

namespace fs = std::filesystem;
using train::RunDirectory;

struct ShapeCase {
  const char* name;
  std::vector<std::string> settings;
  const char* trained_as;
  const char* written_as;
};

const std::vector<ShapeCase>& shapes() {
  static const std::vector<ShapeCase> list{
      {"plain", {}, "marian", "marian"},
      {"pre", {"norm_position=pre"}, "pegasus", "pegasus"},
      {"deep", {"encoder_layers=4", "decoder_layers=1", "norm_position=pre"}, "pegasus", "pegasus"},
      {"grouped", {"num_key_value_heads=1"}, "regard", "marian"},
      {"shared", {"encoder_layer_groups=1", "decoder_layer_groups=1"}, "regard", "marian"},
      {"shared_pre",
       {"norm_position=pre", "encoder_layer_groups=1", "num_key_value_heads=2"},
       "regard",
       "pegasus"},
      {"rms", {"norm_type=rms", "model_type=regard"}, "regard", "regard"},
      {"gated", {"feed_forward=gated", "activation_function=silu", "model_type=regard"}, "regard", "regard"},
      {"learned", {"position_type=learned", "model_type=regard"}, "regard", "regard"},
      {"rotary", {"position_type=rotary", "model_type=regard"}, "regard", "regard"},
      {"relative", {"position_type=relative", "model_type=regard"}, "regard", "regard"},
      {"all",
       {"norm_position=pre", "norm_type=rms", "feed_forward=gated", "activation_function=silu",
        "position_type=rotary", "num_key_value_heads=1", "encoder_layer_groups=1", "model_type=regard"},
       "regard",
       "regard"}};
  return list;
}

class TrainShapes : public testing::TestWithParam<ShapeCase> {
 protected:
  TrainShapes() : pool_(2) {
    std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    for (char& c : name)
      if (c == '/') c = '_';
    around_.step.threads = &pool_;
    std::string text;
    RandomStream random({12});
    for (int i = 0; i < 80; ++i) {  // words said twice
      std::string source, target;
      for (std::uint64_t n = 1 + random.below(4); n > 0; --n) {
        const std::string word(1 + random.below(3), static_cast<char>('a' + random.below(4)));
        source += word + " ";
        target += word + " " + word + " ";
      }
      text += source + "\t" + target + "\n";
    }
    std::ofstream(folder_ / "train.tsv", std::ios::binary) << text;
    training_.train = training_.valid = {{{folder_ / "train.tsv"}}};
    for (const char* setting :
         {"d_model=16", "encoder_layers=2", "decoder_layers=2", "encoder_attention_heads=2",
          "decoder_attention_heads=2", "encoder_ffn_dim=24", "decoder_ffn_dim=24", "dropout=0.1",
          "attention_dropout=0.1", "vocab_size=30", "batch_tokens=256", "warmup_steps=6",
          "learning_rate=1e-2", "max_steps=9", "eval_steps=6", "save_steps=3", "average_checkpoints=2",
          "load_best_model_at_end=false", "max_position_embeddings=40"})
      set(setting);
  }

  void set(const std::string& text) { training_.settings.push_back(train::parse_setting(text)); }
  void run(const std::string& name, RunDirectory::Begin begin = RunDirectory::Begin::fresh) {
    training_.output = folder_ / name;
    training_.begin = begin;
    train_translation(training_, around_);
  }
  std::string bytes(const fs::path& path) { return read_text(folder_ / path); }

  testing_support::ScratchFolder folder_;
  ThreadPool pool_;
  train::Surroundings around_;
  TranslationTraining training_;
};

TEST_P(TrainShapes, GoesOnBitForBitAveragesAndIsWritten) {
  for (const std::string& setting : GetParam().settings) set(setting);
  run("whole");
  const ThreadPool one(1);
  around_.step.threads = &one;
  int left = 4;
  around_.stop = [&left] { return left-- <= 0; };
  EXPECT_THROW(run("parts"), Interrupted);
  around_.stop = nullptr;
  run("parts", RunDirectory::Begin::resume);
  EXPECT_EQ(bytes("parts/model.safetensors"), bytes("whole/model.safetensors"));

  const fs::path last = folder_ / "whole/checkpoints/step-9";
  EXPECT_EQ(read_json(last / "config.json")["model_type"], GetParam().trained_as);
  EXPECT_EQ(read_json(folder_ / "whole/config.json")["model_type"], GetParam().written_as);
  const Translator translator = Translator::load(folder_ / "whole");
  const StepOptions options{.threads = &pool_};
  EXPECT_EQ(translator.translate(std::vector<std::string>{"a bb", "ccc"}, options, {translator.generation()})
                .size(),
            2U);

  // What is written is the mean of the last two checkpoints, as the function that it is.
  const auto trained = models::load_as<models::SequenceToSequence>(last),
             before = models::load_as<models::SequenceToSequence>(folder_ / "whole/checkpoints/step-6");
  for (Parameter* p : trained->parameters().all()) {
    auto mean = p->value().to_doubles();
    const auto other = before->parameters().find(p->name())->value().to_doubles();
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] = (mean[i] + other[i]) / 2;
    p->set(Tensor::from<double>(p->shape(), mean).to(DType::f32));
  }
  const auto hidden = [&](const models::SequenceToSequence& model) {
    Step step({.threads = &pool_, .compute = DType::f64});
    return model.decode(model.encode(step, TokenBatch::of({{5, 6, 7, 0}})), TokenBatch::of({{2, 8, 9}}))
        .value()
        .to_doubles();
  };
  const auto found = hidden(translator.model()), expected = hidden(*trained);
  for (std::size_t i = 0; i < found.size(); ++i) ASSERT_NEAR(found[i], expected[i], 1e-12);
}

TEST_P(TrainShapes, StartsFromWhatWasWritten) {
  for (const std::string& setting : GetParam().settings) set(setting);
  run("first");
  training_.init = folder_ / "first";
  training_.settings = {train::parse_setting("max_steps=1")};
  run("second");
  EXPECT_EQ(read_json(folder_ / "second/config.json")["model_type"], GetParam().written_as);
}

INSTANTIATE_TEST_SUITE_P(Every, TrainShapes, testing::ValuesIn(shapes()),
                         [](const auto& info) { return std::string(info.param.name); });

class TrainShape : public TrainShapes {};
INSTANTIATE_TEST_SUITE_P(One, TrainShape, testing::Values(shapes()[0]));

// Before anything is read or made.
TEST_P(TrainShape, RefusesAtTheStartWhatCannotBeWritten) {
  training_.train = {{{folder_ / "missing"}}};
  const auto settings = training_.settings;
  const auto refused = [&](const std::vector<std::string>& more, const std::string& named) {
    training_.settings = settings;
    for (const std::string& setting : more) set(setting);
    try {
      run("run");
    } catch (const UsageError& e) {
      EXPECT_FALSE(fs::exists(folder_ / "run"));
      return std::string(e.what()).find(named) != std::string::npos;
    }
    return false;
  };
  EXPECT_TRUE(refused({"norm_type=rms"}, "norm_type: found \"rms\""));
  EXPECT_TRUE(
      refused({"position_type=rotary", "norm_position=pre"}, "pegasus have position_type=sinusoidal"));
  EXPECT_TRUE(refused({"joint_vocab=false", "norm_position=pre"}, "joint_vocab=true"));
  EXPECT_TRUE(refused({"norm_type=square"}, "layer or rms"));
  EXPECT_TRUE(refused({"num_key_value_heads=3"}, "num_key_value_heads"));
  EXPECT_TRUE(refused({"norm_typ=rms"}, "norm_type"));
}

}  // namespace
}  // namespace regard::tasks
