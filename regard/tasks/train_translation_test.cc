#include "regard/tasks/train_translation.h"

#include <gtest/gtest.h>

#include <fstream>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/models/registry.h"
#include "regard/tasks/train_translation_data.h"
#include "regard/tasks/train_translation_sampling.h"
#include "regard/tasks/translate.h"
#include "regard/text/tokenizer.h"
#include "regard/train/update.h"
#include "tests/support/scratch_folder.h"

namespace regard::tasks {
namespace {

namespace fs = std::filesystem;
using train::RunDirectory;

// Words are to be said in reverse order.
std::string reversed_pairs(int count) {
  RandomStream random({12});
  const std::vector<std::string> words{"red", "blue", "green", "one", "two", "three", "cat", "dog"};
  std::string text;
  for (int i = 0; i < count; ++i) {
    std::string source, target;
    for (std::uint64_t n = 1 + random.below(5); n > 0; --n) {
      const std::string& word = words[random.below(words.size())];
      source += (source.empty() ? "" : " ") + word;
      target = word + (target.empty() ? "" : " ") + target;
    }
    text += source + "\t" + target + "\n";
  }
  return text;
}

class TrainTranslationTest : public testing::Test {
 protected:
  TrainTranslationTest() : pool_(2) {
    around_.step.threads = &pool_;
    around_.log.sink = [this](LogLevel, std::string_view text) { said_ += std::string(text) + "\n"; };
    training_.train = {{{file("train.tsv", reversed_pairs(300))}}};
    training_.valid = {{{file("valid.tsv", reversed_pairs(20))}}};
    for (const char* setting :
         {"d_model=32", "encoder_layers=1", "decoder_layers=1", "encoder_attention_heads=2",
          "decoder_attention_heads=2", "encoder_ffn_dim=64", "decoder_ffn_dim=64", "dropout=0.1",
          "vocab_size=60", "batch_tokens=256", "warmup_steps=20", "learning_rate=1e-2", "max_steps=24",
          "eval_steps=8", "save_steps=6", "logging_steps=4"})
      set(setting);
  }

  void set(const std::string& text) { training_.settings.push_back(train::parse_setting(text)); }
  fs::path file(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }
  TrainingResult run(const std::string& name, RunDirectory::Begin begin = RunDirectory::Begin::fresh) {
    training_.output = folder_ / name;
    training_.begin = begin;
    return train_translation(training_, around_);
  }
  Json log_of(const std::string& name) {
    Json lines = Json::array();
    for (const std::string& line : read_lines(folder_ / name / "log.jsonl"))
      lines.push_back(parse_json(line, "log"));
    return lines;
  }
  std::string bytes(const fs::path& path) { return read_text(folder_ / path); }

  testing_support::ScratchFolder folder_;
  ThreadPool pool_;
  train::Surroundings around_;
  TranslationTraining training_;
  std::string said_;
};

TEST_F(TrainTranslationTest, LearnsToReverse) {
  set("max_steps=300");
  set("eval_steps=150");
  set("save_steps=150");
  run("run");
  const Json log = log_of("run");
  double first = 0, last = 0, bleu = 0;
  for (const Json& line : log) {
    if (line.contains("eval_loss")) {
      (first == 0 ? first : last) = line["eval_loss"];
      bleu = line["eval_bleu"];
    }
  }
  EXPECT_LT(last, 0.5);
  EXPECT_LT(last, first);
  EXPECT_GT(bleu, 50);
  EXPECT_NE(said_.find("translation: "), std::string::npos);
  const auto model = models::load_as<models::SequenceToSequence>(folder_ / "run");
  EXPECT_EQ(model->config()["d_model"], 32);
  EXPECT_TRUE(load_tokenizer(folder_ / "run") != nullptr);
  const Json about = read_json(folder_ / "run/regard.json");
  EXPECT_EQ(about["finished"], true);
  EXPECT_EQ(about["seed"], 1);
  EXPECT_EQ(about["data"]["train"]["pairs"], 300);
  EXPECT_EQ(read_json(folder_ / "run/generation_config.json")["max_length"], 256);
}

// Of a Marian, which has constants beside its weights: an adapter's checkpoints hold neither, and are found,
// gone on with and averaged.
TEST_F(TrainTranslationTest, CorrectionsGoOnBesideAMarian) {
  run("base");
  training_.init = folder_ / "base";
  training_.settings.erase(training_.settings.begin(), training_.settings.begin() + 9);  // the shape's
  for (const char* setting : {"lora_rank=3", "average_checkpoints=2", "max_steps=12"}) set(setting);
  run("whole");
  EXPECT_EQ(bytes("whole/config.json"), bytes("base/config.json"));
  training_.settings.back().second = 6;
  run("parts");
  training_.settings.back().second = 12;
  run("parts", RunDirectory::Begin::resume);
  EXPECT_EQ(bytes("whole/adapter_model.safetensors"), bytes("parts/adapter_model.safetensors"));
}

TEST_F(TrainTranslationTest, GoesOnBitForBitAndChangesNothingAfterTheEnd) {
  run("whole");
  const ThreadPool one(1);
  around_.step.threads = &one;  // nor do threads change a bit
  int left = 40;
  around_.stop = [&left] { return left-- <= 0; };
  EXPECT_THROW(run("parts"), Interrupted);
  EXPECT_THROW(run("parts"), UsageError);  // it holds a run
  for (int part = 0; part < 50; ++part) {
    left = 60;
    try {
      run("parts", RunDirectory::Begin::resume);
      break;
    } catch (const Interrupted&) {
    }
  }
  EXPECT_EQ(bytes("parts/model.safetensors"), bytes("whole/model.safetensors"));
  EXPECT_EQ(bytes("parts/checkpoints/step-24/optimizer.safetensors"),
            bytes("whole/checkpoints/step-24/optimizer.safetensors"));
  const auto time = fs::last_write_time(folder_ / "whole/regard.json");
  EXPECT_TRUE(run("whole", RunDirectory::Begin::resume).was_finished);
  EXPECT_EQ(fs::last_write_time(folder_ / "whole/regard.json"), time);
}

TEST_F(TrainTranslationTest, RefusesToGoOnWithOtherSettingsOrData) {
  int left = 30;
  around_.stop = [&left] { return left-- <= 0; };
  EXPECT_THROW(run("run"), Interrupted);
  around_.stop = nullptr;
  ASSERT_TRUE(fs::exists(folder_ / "run/checkpoints"));
  const auto settings = training_.settings;
  set("learning_rate=3e-3");
  try {
    run("run", RunDirectory::Begin::resume);
    FAIL();
  } catch (const UsageError& e) {
    EXPECT_NE(std::string(e.what()).find("settings.learning_rate"), std::string::npos) << e.what();
  }
  training_.settings = settings;
  file("train.tsv", reversed_pairs(301));
  EXPECT_THROW(run("run", RunDirectory::Begin::resume), InputError);
}

TEST_F(TrainTranslationTest, StartsFromTheBeginningWhereThereIsNothingToResume) {
  run("run", RunDirectory::Begin::resume);
  EXPECT_NE(said_.find("from the beginning"), std::string::npos);
  training_.init = folder_ / "run";
  training_.settings = {train::parse_setting("max_steps=1")};
  run("more");
  EXPECT_EQ(bytes("more/vocab.json"), bytes("run/vocab.json"));
}

TEST_F(TrainTranslationTest, SkipsWhatDoesNotFit) {
  std::string text = reversed_pairs(50) + "\tempty\nempty\t\n";
  std::string longest;
  for (int i = 0; i < 300; ++i) longest += "red ";
  training_.train.files[0].source =
      file("odd.tsv", text + longest + "\tred\n" + longest.substr(0, 80) + "\tred\n");
  set("max_steps=1");
  run("run");
  const Json skipped = read_json(folder_ / "run/regard.json")["data"]["train"]["skipped"];
  EXPECT_EQ(skipped["empty"], 2);
  EXPECT_EQ(skipped["too_long"], 1);
  EXPECT_EQ(skipped["ratio"], 1);
  training_.train.files[0].source = file("none.tsv", "\t\n");
  EXPECT_THROW(run("none"), InputError);
}

TEST_F(TrainTranslationTest, ReadsSeveralFilesAsOne) {
  set("max_steps=6");
  run("one");
  const std::vector<std::string> lines = read_lines(folder_ / "train.tsv");
  std::string first, sources, targets;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::size_t tab = lines[i].find('\t');
    if (i < 100) {
      first += lines[i] + "\n";
    } else {
      sources += lines[i].substr(0, tab) + "\n";
      targets += lines[i].substr(tab + 1) + "\n";
    }
  }
  training_.train.files = {{file("first.tsv", first)}, {file("rest.a", sources), file("rest.b", targets)}};
  run("two");
  EXPECT_EQ(bytes("two/model.safetensors"), bytes("one/model.safetensors"));
  EXPECT_EQ(read_json(folder_ / "two/regard.json")["files"]["train"].size(), 3U);
  training_.train.files = {{file("bad.tsv", "no tab\n" + first)}, training_.train.files[1]};
  EXPECT_THROW(run("bad"), InputError);
  training_.train.skip_bad = true;
  run("skipped");
  EXPECT_EQ(bytes("skipped/model.safetensors"), bytes("one/model.safetensors"));
  EXPECT_EQ(read_json(folder_ / "skipped/regard.json")["data"]["train"]["skipped"]["bad_lines"], 1);
  EXPECT_NE(said_.find("bad.tsv: line 1"), std::string::npos);
}

// Neither how far batches are made ahead nor where the ids lie changes a bit, with samples or without.
TEST_F(TrainTranslationTest, IsTheSameHoweverFarAheadBatchesAreMade) {
  set("subword_dropout=0.2");
  run("ahead");
  set("prefetch=0");
  const ThreadPool one(1);
  around_.step.threads = &one;
  run("none");
  EXPECT_EQ(bytes("none/model.safetensors"), bytes("ahead/model.safetensors"));
  set("subword_dropout=0");
  run("plain");
  EXPECT_NE(bytes("plain/model.safetensors"), bytes("ahead/model.safetensors"));
  int left = 30;
  around_.stop = [&left] { return left-- <= 0; };
  training_.settings.pop_back();
  training_.settings.pop_back();
  EXPECT_THROW(run("parts"), Interrupted);
  around_.stop = nullptr;
  set("prefetch=9");  // it may be changed on the way
  run("parts", RunDirectory::Begin::resume);
  EXPECT_EQ(bytes("parts/model.safetensors"), bytes("ahead/model.safetensors"));
}

TEST_F(TrainTranslationTest, SamplesOtherSegmentationsInEachEpoch) {
  set("max_steps=1");
  run("run");
  const auto tokenizer = load_tokenizer(folder_ / "run");
  TranslationSettings settings;
  settings.subword_dropout = 0.3;
  const auto ids = [&](const std::string& sides, std::uint64_t epoch, std::int64_t positions) {
    settings.subword_sampling_sides = sides;
    const PairSampler sampler(*tokenizer, settings, positions);
    data::PairIds pair{tokenizer->encode_ids("three green blue three", TextSide::source),
                       tokenizer->encode_ids("two one green red", TextSide::target)};
    sampler.edit({epoch})(5, pair);
    return pair;
  };
  const data::PairIds plain = ids("both", 1, 1), both = ids("both", 1, 0);
  EXPECT_EQ(plain.source, tokenizer->encode_ids("three green blue three", TextSide::source));
  EXPECT_EQ(tokenizer->decode(both.source), "three green blue three");
  EXPECT_EQ(tokenizer->decode(both.target), "two one green red");
  EXPECT_NE(both.source, plain.source);
  EXPECT_NE(both.target, plain.target);
  EXPECT_NE(ids("both", 2, 0).source, both.source);
  EXPECT_EQ(ids("both", 1, 0).source, both.source);
  EXPECT_EQ(ids("source", 1, 0).target, plain.target);
  EXPECT_EQ(ids("target", 1, 0).source, plain.source);
  EXPECT_EQ(ids("target", 1, 0).target, both.target);
  settings.subword_dropout = 0;
  EXPECT_FALSE(PairSampler(*tokenizer, settings, 0).any());

  training_.init = folder_ / "run";  // its vocabulary is bpe
  training_.settings = {train::parse_setting("max_steps=1"),
                        train::parse_setting("subword_sampling_alpha=0.1")};
  EXPECT_THROW(run("unsuited"), UsageError);
  EXPECT_FALSE(fs::exists(folder_ / "unsuited/checkpoints"));
}

TEST_F(TrainTranslationTest, LearnsTheVocabularyFromASample) {
  set("max_steps=1");
  set("vocab_sample_lines=300");  // all
  run("all");
  set("vocab_sample_lines=40");
  set("vocab_size=40");
  run("some");
  run("again");
  EXPECT_NE(said_.find("from 40 pairs of lines, a sample of 300"), std::string::npos) << said_;
  EXPECT_EQ(bytes("some/vocab.json"), bytes("again/vocab.json"));
  set("joint_vocab=false");
  set("vocab_size=30");
  run("separate");  // both sides from the same pairs
  training_.settings.pop_back();
  training_.settings.pop_back();
  set("vocab_sample_lines=0");
  set("vocab_size=60");
  run("zero");
  EXPECT_EQ(bytes("zero/vocab.json"), bytes("all/vocab.json"));
}

// Words of one script into those of another: two vocabularies of unequal size, each with its own embedding.
TEST_F(TrainTranslationTest, TrainsWithSeparateVocabularies) {
  const std::vector<std::string> words{"red", "blue", "green", "one", "two", "three"};
  const std::vector<std::string> said{"αβ", "γ", "δε", "ζ", "η", "θικ"};
  RandomStream random({3});
  std::string text;
  for (int i = 0; i < 300; ++i) {
    std::string source, target;
    for (std::uint64_t n = 1 + random.below(4); n > 0; --n) {
      const std::uint64_t word = random.below(words.size());
      source += (source.empty() ? "" : " ") + words[word];
      target += (target.empty() ? "" : " ") + said[word];
    }
    text += source + "\t" + target + "\n";
  }
  training_.train.files = {{file("letters.tsv", text)}};
  training_.valid.files = {{file("few.tsv", "red two\tαβ η\nthree blue\tθικ γ\none\tζ\n")}};
  for (const char* setting :
       {"joint_vocab=false", "vocab_type=unigram", "subword_sampling_alpha=0.3", "vocab_size=40", "dropout=0",
        "max_steps=300", "eval_steps=300", "save_steps=300"})
    set(setting);
  run("run");
  const Json config = read_json(folder_ / "run/config.json");
  EXPECT_EQ(config["share_encoder_decoder_embeddings"], false);
  EXPECT_NE(config["vocab_size"], config["decoder_vocab_size"]);
  const Weights weights = Weights::open(folder_ / "run");
  EXPECT_TRUE(weights.has("model.encoder.embed_tokens.weight"));
  EXPECT_TRUE(weights.has("model.decoder.embed_tokens.weight"));
  const Translator translator = Translator::load(folder_ / "run");
  const std::vector<std::string> lines{"red two", "three blue", "one"};
  const auto found = translator.translate(lines, around_.step, {.config = translator.generation()});
  EXPECT_EQ(found[0].text, "αβ η");
  EXPECT_EQ(found[1].text, "θικ γ");
  EXPECT_EQ(found[2].text, "ζ");
}

// After an epoch of shapes an update finds all its memory in the device's cache.
TEST_F(TrainTranslationTest, AsksTheSystemForNoMemoryOnceItHasSeenAnEpoch) {
  run("run");
  const auto tokenizer = load_tokenizer(folder_ / "run");
  const auto model = models::load_as<models::SequenceToSequence>(folder_ / "run");
  const TranslationPlan plan = plan_translation(training_, {});
  const TranslationData data = encode_texts(read_texts(training_, around_), *tokenizer, {}, around_);
  TranslationObjective objective(
      {*model, *tokenizer, data, pair_task(TranslationTraining::Goal::translation), around_.step}, plan, {5});
  train::Updater updater(objective, {plan.training, {6}}, around_.step);
  train::State state;
  Device::cpu().trim();  // what the run above left would hide much
  while (state.epoch < 1) updater.update(state);
  const auto before = Device::cpu().statistics().system_allocations;
  while (state.epoch < 4) updater.update(state);
  EXPECT_EQ(Device::cpu().statistics().system_allocations, before);
}

TEST(PlanTranslation, PutsSettingsOverPresets) {
  TranslationTraining training;
  training.preset = "base";
  training.settings = {{"dropout", 0.3}, {"max_steps", 10}, {"vocab_type", "unigram"}};
  const TranslationPlan plan = plan_translation(training, {});
  EXPECT_EQ(plan.config["d_model"], 512);
  EXPECT_EQ(plan.config["dropout"], 0.3);
  EXPECT_EQ(plan.training.max_steps, 10);
  EXPECT_EQ(plan.training.lr_scheduler_type, "inverse_sqrt");
  EXPECT_DOUBLE_EQ(plan.training.adam_beta2, 0.98);
  EXPECT_DOUBLE_EQ(plan.training.adam_epsilon, 1e-9);
  EXPECT_EQ(plan.translation.vocab_type, "unigram");
  training.settings = {{"num_train_epochs", 2}};
  EXPECT_EQ(plan_translation(training, {}).training.max_steps, -1);
  training.settings = {{"droput", 0.3}};
  try {
    plan_translation(training, {});
    FAIL();
  } catch (const UsageError& e) {
    EXPECT_NE(std::string(e.what()).find("'dropout'"), std::string::npos) << e.what();
  }
  training.settings = {{"subword_dropout", 0.1}, {"vocab_type", "unigram"}};
  EXPECT_THROW(plan_translation(training, {}), UsageError);
  training.settings = {};
  training.preset = "tinny";
  EXPECT_THROW(plan_translation(training, {}), UsageError);
}

}  // namespace
}  // namespace regard::tasks
