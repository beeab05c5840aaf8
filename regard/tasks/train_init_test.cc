#include <gtest/gtest.h>

#include <fstream>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/models/registry.h"
#include "regard/tasks/train_translation.h"
#include "regard/text/character_vocabulary.h"
#include "regard/text/tokenizer.h"
#include "tests/support/scratch_folder.h"

// Training further what another program made: encoder-decoders whose shape is their family's own.

namespace regard::tasks {
namespace {

namespace fs = std::filesystem;

class TrainInit : public testing::Test {
 protected:
  TrainInit() : pool_(2) {
    around_.step.threads = &pool_;
    std::ofstream(folder_ / "train.tsv") << "ab\tba\nabc\tcba\nca\tac\nbca\tacb\n";
    training_.train = {{{folder_ / "train.tsv"}}};
    training_.valid = training_.train;
    training_.init = folder_ / "first";
    training_.output = folder_ / "run";
    for (const char* setting :
         {"max_steps=60", "eval_steps=30", "save_steps=30", "learning_rate=1e-2",
          "lr_scheduler_type=constant", "batch_tokens=64", "predict_with_generate=false"})
      training_.settings.push_back(train::parse_setting(setting));
  }

  // A T5 of nothing but drawn weights, with characters as tokens: a 0, b 1, c 2, end 3, unknown 4, padding 5.
  void write_t5() {
    const Json config{{"model_type", "t5"},
                      {"architectures", {"T5ForConditionalGeneration"}},
                      {"vocab_size", 6},
                      {"d_model", 16},
                      {"d_kv", 8},
                      {"d_ff", 32},
                      {"num_layers", 1},
                      {"num_decoder_layers", 1},
                      {"num_heads", 2},
                      {"relative_attention_num_buckets", 8},
                      {"dropout_rate", 0.0},
                      {"feed_forward_proj", "relu"},
                      {"is_encoder_decoder", true},
                      {"tie_word_embeddings", true},
                      {"pad_token_id", 5},
                      {"eos_token_id", 3},
                      {"decoder_start_token_id", 5}};
    fs::create_directories(training_.init);
    models::save(*models::create(config, {3}), training_.init);
    write_character_tokenizer({'a', 'b', 'c'}, training_.init);
    Json tokenizer = read_json(training_.init / "tokenizer.json");
    const char* end = "<|endoftext|>";
    tokenizer["post_processor"] = {
        {"type", "TemplateProcessing"},
        {"single",
         {{{"Sequence", {{"id", "A"}, {"type_id", 0}}}}, {{"SpecialToken", {{"id", end}, {"type_id", 0}}}}}},
        {"pair",
         {{{"Sequence", {{"id", "A"}, {"type_id", 0}}}}, {{"Sequence", {{"id", "B"}, {"type_id", 0}}}}}},
        {"special_tokens", {{end, {{"id", end}, {"ids", {3}}, {"tokens", {end}}}}}}};
    write_atomically(training_.init / "tokenizer.json", to_pretty(tokenizer));
  }
  // The tokens beside a text, as TemplateProcessing has them.
  void write_template(const std::vector<std::string>& single, const Json& ids) {
    const auto pieces = [&](const char* sequence) {
      Json list = Json::array();
      for (const std::string& name : single)
        list.push_back(name == "$" ? Json{{"Sequence", {{"id", sequence}, {"type_id", 0}}}}
                                   : Json{{"SpecialToken", {{"id", name}, {"type_id", 0}}}});
      return list;
    };
    Json special = Json::object();
    for (const auto& [name, id] : ids.items())
      special[name] = {{"id", name}, {"ids", {id}}, {"tokens", {name}}};
    Json tokenizer = read_json(training_.init / "tokenizer.json");
    tokenizer["post_processor"] = {{"type", "TemplateProcessing"},
                                   {"single", pieces("A")},
                                   {"pair", pieces("A")},
                                   {"special_tokens", special}};
    write_atomically(training_.init / "tokenizer.json", to_pretty(tokenizer));
  }

  // An mBART: a 0, b 1, c 2, end 3, unknown 4, en_XX 5, ro_RO 6, de_DE 7, padding 8. Texts are `form`.
  void write_mbart(const std::vector<std::string>& form) {
    const Json config{{"model_type", "mbart"},
                      {"architectures", {"MBartForConditionalGeneration"}},
                      {"vocab_size", 9},
                      {"d_model", 16},
                      {"encoder_layers", 1},
                      {"decoder_layers", 1},
                      {"encoder_attention_heads", 2},
                      {"decoder_attention_heads", 2},
                      {"encoder_ffn_dim", 32},
                      {"decoder_ffn_dim", 32},
                      {"max_position_embeddings", 16},
                      {"activation_function", "relu"},
                      {"scale_embedding", true},
                      {"dropout", 0.0},
                      {"is_encoder_decoder", true},
                      {"pad_token_id", 8},
                      {"eos_token_id", 3},
                      {"decoder_start_token_id", 3}};
    fs::create_directories(training_.init);
    models::save(*models::create(config, {3}), training_.init);
    write_character_tokenizer({'a', 'b', 'c'}, training_.init);
    Json tokenizer = read_json(training_.init / "tokenizer.json");
    int id = 5;
    for (const char* name : {"en_XX", "ro_RO", "de_DE"}) {
      Json added = tokenizer["added_tokens"][0];
      added["id"] = id++;
      added["content"] = name;
      tokenizer["added_tokens"].push_back(added);
    }
    write_atomically(training_.init / "tokenizer.json", to_pretty(tokenizer));
    write_template(form, {{"<|endoftext|>", 3}, {"en_XX", 5}});
    write_atomically(training_.init / "generation_config.json",
                     R"({"decoder_start_token_id": 5, "forced_bos_token_id": 5, "num_beams": 3})");
  }
  Json written(const char* file) const { return read_json(training_.output / file); }

  std::vector<double> validations() {
    std::vector<double> losses;
    for (const std::string& line : read_lines(training_.output / "log.jsonl"))
      if (const Json json = parse_json(line, "log"); json.contains("eval_loss"))
        losses.push_back(json["eval_loss"].get<double>());
    return losses;
  }

  testing_support::ScratchFolder folder_;
  ThreadPool pool_;
  train::Surroundings around_;
  TranslationTraining training_;
};

TEST_F(TrainInit, AT5LearnsAndStaysAT5) {
  write_t5();
  train_translation(training_, around_);
  const std::vector<double> losses = validations();
  ASSERT_EQ(losses.size(), 2U);
  EXPECT_LT(losses.back(), 1.0);  // of six tokens; 1.79 is knowing nothing
  EXPECT_LT(losses.back(), losses.front());
  const Json before = read_json(training_.init / "config.json");
  EXPECT_EQ(read_json(training_.output / "config.json"), before);
  EXPECT_EQ(models::load(training_.output)->config().at("model_type"), "t5");
}

// Corrections alone are trained: the base stays in its folder, the adapter is one of PEFT's and a model by
// itself.
TEST_F(TrainInit, CorrectionsOfLowRankLearnBesideTheirBase) {
  write_t5();
  training_.settings.push_back({"lora_rank", 4});
  training_.settings.push_back({"lora_target_modules", "all-linear"});
  train_translation(training_, around_);
  const std::vector<double> losses = validations();
  ASSERT_EQ(losses.size(), 2U);
  EXPECT_LT(losses.back(), 1.5);  // of six tokens; 1.79 is knowing nothing
  EXPECT_FALSE(fs::exists(training_.output / "model.safetensors"));
  const Json adapter = read_json(training_.output / "adapter_config.json");
  EXPECT_EQ(adapter.at("task_type"), "SEQ_2_SEQ_LM");
  EXPECT_EQ(adapter.at("r"), 4);
  const auto base = models::load(training_.init), adapted = models::load(training_.output);
  const Parameter *before = base->parameters().find("decoder.block.0.layer.1.EncDecAttention.q.weight"),
                  *after = adapted->parameters().find(before->name());
  ASSERT_TRUE(before != nullptr && after != nullptr);
  EXPECT_NE(after->value().to_doubles(), before->value().to_doubles());
  EXPECT_EQ(adapted->parameters().find("shared.weight")->value().to_doubles(),
            base->parameters().find("shared.weight")->value().to_doubles());
}

TEST_F(TrainInit, CorrectionsLeaveTheShapeAsItIs) {
  write_t5();
  training_.settings.push_back({"lora_rank", 4});
  training_.settings.push_back({"norm_position", "pre"});
  EXPECT_THROW(train_translation(training_, around_), UsageError);
  training_.settings.pop_back();
  training_.init.clear();
  EXPECT_THROW(train_translation(training_, around_), UsageError);  // there is nothing to correct
}

using Form = std::vector<std::string>;

TEST_F(TrainInit, AnMBartLearnsTextsThatEndInTheirLanguage) {
  write_mbart({"$", "<|endoftext|>", "en_XX"});
  EXPECT_THROW(train_translation(training_, around_), UsageError);  // which language?
  training_.settings.push_back({"tgt_lang", "ro_RO"});
  training_.output = folder_ / "second";
  train_translation(training_, around_);
  EXPECT_LT(validations().back(), validations().front());
  EXPECT_EQ(written("config.json")["decoder_start_token_id"], 6);
  EXPECT_EQ(written("generation_config.json")["decoder_start_token_id"], 6);
  EXPECT_EQ(written("generation_config.json").count("forced_bos_token_id"), 0U);
  EXPECT_EQ(written("generation_config.json")["num_beams"], 3);
  EXPECT_EQ(written("tokenizer_config.json")["tgt_lang"], "ro_RO");
  const auto tokenizer = load_tokenizer(training_.output);
  EXPECT_EQ(tokenizer->encode_ids("ab", TextSide::source), (std::vector<std::int32_t>{0, 1, 3, 5}));
  EXPECT_EQ(tokenizer->encode_ids("ab", TextSide::target), (std::vector<std::int32_t>{0, 1, 3, 6}));
  EXPECT_EQ(tokenizer->encode("", TextSide::target).back().piece, "ro_RO");
}

TEST_F(TrainInit, AnMBart50LearnsTextsThatBeginWithTheirLanguage) {
  write_mbart({"en_XX", "$", "<|endoftext|>"});
  training_.settings.push_back({"src_lang", "de_DE"});
  training_.settings.push_back({"tgt_lang", "ro_RO"});
  train_translation(training_, around_);
  EXPECT_LT(validations().back(), validations().front());
  EXPECT_EQ(written("config.json")["decoder_start_token_id"], 3);
  EXPECT_EQ(written("generation_config.json")["decoder_start_token_id"], 3);
  EXPECT_EQ(written("generation_config.json")["forced_bos_token_id"], 6);
  const auto tokenizer = load_tokenizer(training_.output);
  EXPECT_EQ(tokenizer->encode_ids("ab", TextSide::source), (std::vector<std::int32_t>{7, 0, 1, 3}));
  EXPECT_EQ(tokenizer->encode_ids("ab", TextSide::target), (std::vector<std::int32_t>{6, 0, 1, 3}));
}

TEST_F(TrainInit, LanguagesMustBeTokensOfAModelThatHasThem) {
  write_mbart({"$", "<|endoftext|>", "en_XX"});
  training_.settings.push_back({"tgt_lang", "xx_XX"});
  EXPECT_THROW(train_translation(training_, around_), UsageError);
  write_template({"$", "<|endoftext|>"}, {{"<|endoftext|>", 3}});
  training_.settings.back() = {"tgt_lang", "ro_RO"};
  training_.output = folder_ / "second";
  EXPECT_THROW(train_translation(training_, around_), InputError);
  fs::remove_all(training_.init);
  write_t5();
  training_.output = folder_ / "third";
  EXPECT_THROW(train_translation(training_, around_), UsageError);
}

TEST_F(TrainInit, OnlyKeysThatTheModelHasMayBeSet) {
  write_t5();
  training_.settings.push_back({"encoder_layers", 3});
  EXPECT_THROW(train_translation(training_, around_), UsageError);
  training_.settings.back() = {"dropout_rate", 0.25};
  training_.settings.push_back({"max_steps", 1});
  train_translation(training_, around_);
  EXPECT_EQ(read_json(training_.output / "config.json").at("dropout_rate"), 0.25);
}

TEST_F(TrainInit, AnotherKindOfModelIsRefused) {
  fs::create_directories(training_.init);
  write_atomically(training_.init / "config.json", R"({"model_type": "gpt2", "vocab_size": 6})");
  EXPECT_THROW(train_translation(training_, around_), InputError);
}

}  // namespace
}  // namespace regard::tasks
