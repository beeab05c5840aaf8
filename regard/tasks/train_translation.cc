#include "regard/tasks/train_translation.h"

#include <fmt/format.h>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/models/adapter.h"
#include "regard/models/registry.h"
#include "regard/models/written_form.h"
#include "regard/tasks/language_codes.h"
#include "regard/tasks/pair_task.h"
#include "regard/tasks/train_translation_data.h"

namespace regard::tasks {
namespace {

namespace fs = std::filesystem;

class TranslationTask final : public TrainingTask {
 public:
  TranslationTask(const TranslationTraining& training, const train::Surroundings& around)
      : training_(training),
        around_(around),
        task_(pair_task(training.goal)),
        plan_(plan_translation(training, init_config())) {}

  std::string_view name() const override { return task_.name; }
  const train::Settings& settings() const override { return plan_.training; }
  Json plan() const override { return plan_.to_json(); }
  void read() override { texts_ = read_texts(training_, around_); }
  void prepare_tokenizer(Stage stage) override;
  models::Model& make_model(RandomKey weights) override;
  void encode() override;
  Json data() const override;
  Json files() const override;
  std::unique_ptr<train::Objective> objective(RandomKey batches) override;
  Json generation_config() const override;

 private:
  std::optional<std::int32_t> first_token() const;  // of every target, where all begin alike
  Json start_token() const;                         // what the decoder is given before it
  void name_first_tokens(const fs::path& file) const;
  Json init_config() const { return training_.init.empty() ? Json() : models::config_in(training_.init); }

  const TranslationTraining& training_;
  const train::Surroundings& around_;
  const PairTask& task_;
  TranslationPlan plan_;
  TranslationTexts texts_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::optional<LanguageCode> language_;  // of the targets
  std::unique_ptr<models::SequenceToSequence> model_;
  std::optional<models::LowRankAdapter> adapter_;
  TranslationData data_;
};

void TranslationTask::prepare_tokenizer(Stage stage) {
  const fs::path& folder = training_.output;
  if (stage == Stage::begins) {
    if (!training_.init.empty()) {
      copy_tokenizer(training_.init, folder);
      if (names_languages(plan_))
        write_languages({plan_.translation.src_lang, plan_.translation.tgt_lang}, folder, plan_.config);
    } else {
      learn_tokenizer({training_.train, count_pairs(training_.train, around_)}, folder, plan_.translation,
                      around_);
    }
  }
  tokenizer_ = load_tokenizer(folder);
  if (names_languages(plan_)) language_ = language_code(*tokenizer_, TextSide::target, folder);
  if (language_ && stage == Stage::begins) name_first_tokens(folder / "generation_config.json");
  const PairSampler suited(*tokenizer_, plan_.translation, 0);  // or it is said before there is more work
}

// What came with the first model begins results in that one's language.
void TranslationTask::name_first_tokens(const fs::path& file) const {
  if (!fs::exists(file)) return;
  Json json = read_json(file);
  json["decoder_start_token_id"] = start_token();
  json.erase("forced_bos_token_id");
  if (const auto first = first_token()) json["forced_bos_token_id"] = *first;
  write_atomically(file, to_pretty(json));
}

// A target's last token: its language, or its end.
Json TranslationTask::start_token() const {
  const bool behind = language_->place == LanguageCode::Place::behind_end;
  return behind ? Json(language_->id) : plan_.config.at("eos_token_id");
}

models::Model& TranslationTask::make_model(RandomKey weights) {
  Json config =
      training_.init.empty() ? complete_config(plan_.config, *tokenizer_, plan_.translation) : plan_.config;
  if (language_) config["decoder_start_token_id"] = start_token();
  if (language_ && config.contains("forced_bos_token_id"))
    config["forced_bos_token_id"] = first_token() ? Json(*first_token()) : Json();
  if (plan_.fixed_shape) {
    model_ = models::as_kind<models::SequenceToSequence>(models::load(training_.init, config),
                                                         training_.init.string());
  } else {
    model_ = models::as_kind<models::SequenceToSequence>(
        models::create(models::trained_form(config).config, weights), "config");
    if (!training_.init.empty()) train::load_parameters(model_->parameters(), training_.init);
  }
  if (const auto how = low_rank_options(plan_.low_rank, Beginning::checkpoint))
    adapter_.emplace(*model_, models::LowRankPlan{*how, {}, weights, training_.init, "SEQ_2_SEQ_LM"});
  around_.log.info(fmt::format("model: {}, vocabulary {}", parameters_text(*model_, plan_.training),
                               tokenizer_->vocabulary_size(TextSide::target)));
  return *model_;
}

void TranslationTask::encode() {
  const EncodingOptions encoding{plan_.translation,       task_.cuts_sources,
                                 model_->max_positions(), plan_.training.batch_tokens,
                                 training_.output,        language_ ? std::size_t{2} : std::size_t{1}};
  data_ = encode_texts(std::move(texts_), *tokenizer_, encoding, around_);
}

Json TranslationTask::data() const {
  const auto of = [](const data::Pairs& pairs) {
    return Json{
        {"pairs", pairs.size()},
        {"skipped",
         {{"empty", pairs.skipped().empty},
          {"too_long", pairs.skipped().too_long},
          {"ratio", pairs.skipped().ratio}}},
        {"checksum", fmt::format("{:08x}-{:08x}", pairs.sources().checksum(), pairs.targets().checksum())}};
  };
  Json json{{"train", of(data_.train)}, {"valid", of(data_.valid)}};
  json["train"]["skipped"]["bad_lines"] = data_.bad_lines;
  if (task_.cuts_sources) {
    json["train"]["cut"] = data_.cut_sources;
    json["valid"]["cut"] = data_.cut_valid_sources;
  }
  return json;
}

Json TranslationTask::files() const {
  const auto files = [](const data::ParallelFiles& f) {
    Json list = Json::array();
    for (const data::ParallelFile& file : f.files)
      for (const fs::path& path : {file.source, file.target})
        if (!path.empty()) list.push_back(path.string());
    return list;
  };
  return {{"train", files(training_.train)}, {"valid", files(training_.valid)}};
}

std::unique_ptr<train::Objective> TranslationTask::objective(RandomKey batches) {
  return std::make_unique<TranslationObjective>(
      TranslationObjective::Parts{*model_, *tokenizer_, data_, task_, around_.step,
                                  adapter_ ? &*adapter_ : nullptr, first_token()},
      plan_, batches);
}

std::optional<std::int32_t> TranslationTask::first_token() const {
  if (language_ && language_->place == LanguageCode::Place::before) return language_->id;
  return std::nullopt;
}

Json TranslationTask::generation_config() const {
  const Json& config = model_->config();
  std::int64_t longest = model_->max_positions();
  if (task_.as_long_as_targets)
    longest = std::min(longest, std::int64_t{1} + longest_target(data_.train));  // behind the start token
  Json json{{"num_beams", task_.num_beams},
            {"max_length", longest},
            {"pad_token_id", config["pad_token_id"]},
            {"eos_token_id", config["eos_token_id"]},
            {"decoder_start_token_id", config["decoder_start_token_id"]},
            {"forced_eos_token_id", config["eos_token_id"]}};
  if (const auto first = first_token()) json["forced_bos_token_id"] = *first;
  if (task_.no_repeat_ngram_size > 0) json["no_repeat_ngram_size"] = task_.no_repeat_ngram_size;
  return json;
}

}  // namespace

TrainingResult train_translation(const TranslationTraining& training,
                                 const train::Surroundings& surroundings) {
  TranslationTask task(training, surroundings);
  return run_training(task, training, surroundings);
}

}  // namespace regard::tasks
