#include "regard/tasks/train_text.h"

#include <fmt/format.h>

#include "regard/base/error.h"
#include "regard/models/adapter.h"
#include "regard/models/registry.h"
#include "regard/tasks/train_text_objective.h"
#include "regard/tasks/training_plan.h"

namespace regard::tasks {
namespace {

namespace fs = std::filesystem;

class TextTask final : public TrainingTask {
 public:
  TextTask(const TextTraining& training, const train::Surroundings& around)
      : training_(training), around_(around), plan_(plan_text(training, init_config())) {}

  std::string_view name() const override {
    return training_.goal == TextTraining::Goal::next_token ? "text-generation" : "fill-mask";
  }
  const train::Settings& settings() const override { return plan_.training; }
  Json plan() const override { return plan_.to_json(); }
  void read() override {}
  void prepare_tokenizer(Stage stage) override;
  models::Model& make_model(RandomKey weights) override;
  void encode() override;
  Json data() const override;
  Json files() const override;
  std::unique_ptr<train::Objective> objective(RandomKey batches) override;
  Json generation_config() const override;

 private:
  Json init_config() const { return training_.init.empty() ? Json() : models::config_in(training_.init); }
  Json complete_config() const;

  const TextTraining& training_;
  const train::Surroundings& around_;
  TextPlan plan_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::unique_ptr<models::Model> model_;
  std::optional<models::LowRankAdapter> adapter_;
  TextData data_;
};

void TextTask::prepare_tokenizer(Stage stage) {
  const TextUse use =
      training_.goal == TextTraining::Goal::next_token ? TextUse::generation : TextUse::masking;
  if (stage == Stage::begins) {
    if (!training_.init.empty())
      copy_tokenizer(training_.init, training_.output);
    else
      learn_text_tokenizer(training_.train, training_.output, {plan_.text, use}, around_);
  }
  tokenizer_ = load_tokenizer(training_.output);
}

// What the vocabulary decides.
Json TextTask::complete_config() const {
  Json config = plan_.config;
  if (!training_.init.empty()) return config;
  put_vocabulary(config, *tokenizer_);
  return config;
}

models::Model& TextTask::make_model(RandomKey weights) {
  const Json config = complete_config();
  auto model =
      training_.init.empty() ? models::create(config, weights) : models::load(training_.init, config);
  const std::string place = training_.init.empty() ? std::string(name()) : training_.init.string();
  if (training_.goal == TextTraining::Goal::next_token)
    model_ = models::as_kind<models::CausalModel>(std::move(model), place);
  else
    model_ = models::as_kind<models::TextEncoder>(std::move(model), place);
  if (const auto how = low_rank_options(plan_.low_rank, Beginning::checkpoint)) {
    const bool causal = training_.goal == TextTraining::Goal::next_token;
    adapter_.emplace(*model_,
                     models::LowRankPlan{*how, {}, weights, training_.init, causal ? "CAUSAL_LM" : ""});
  }
  around_.log.info(fmt::format("model: {}, vocabulary {}", parameters_text(*model_, plan_.training),
                               tokenizer_->vocabulary_size(TextSide::target)));
  return *model_;
}

void TextTask::encode() {
  const std::int64_t ids = tokenizer_->vocabulary_size(TextSide::target);
  data_.train =
      encode_documents(training_.train, *tokenizer_, data::ids_in_file(training_.output, ids), around_);
  around_.log.info(fmt::format("training: {} tokens", data_.train.size()));
  if (training_.valid.empty()) return;
  data_.valid = encode_documents(training_.valid, *tokenizer_, data::ids_in_memory(), around_);
  around_.log.info(fmt::format("validation: {} tokens", data_.valid.size()));
}

Json TextTask::data() const {
  const auto of = [](const data::TokenStream& stream) {
    return Json{{"tokens", stream.size()}, {"checksum", fmt::format("{:08x}", stream.checksum())}};
  };
  return {{"train", of(data_.train)}, {"valid", of(data_.valid)}};
}

Json TextTask::files() const {
  const auto files = [](const data::TextFiles& f) {
    Json list = Json::array();
    for (const fs::path& path : f.files) list.push_back(path.string());
    return list;
  };
  return {{"train", files(training_.train)}, {"valid", files(training_.valid)}};
}

std::unique_ptr<train::Objective> TextTask::objective(RandomKey batches) {
  const TextObjective::Parts parts{*model_, *tokenizer_, data_, around_.step,
                                   adapter_ ? &*adapter_ : nullptr};
  if (training_.goal == TextTraining::Goal::next_token)
    return next_token_objective(static_cast<const models::CausalModel&>(*model_), parts, plan_, batches);
  return masked_tokens_objective(static_cast<const models::TextEncoder&>(*model_), parts, plan_, batches);
}

Json TextTask::generation_config() const {
  if (training_.goal != TextTraining::Goal::next_token) return {};
  const Json& config = model_->config();
  Json json = Json::object();
  for (const char* key : {"bos_token_id", "eos_token_id", "pad_token_id"})
    if (config.contains(key) && !config[key].is_null()) json[key] = config[key];
  return json;
}

}  // namespace

TrainingResult train_text(const TextTraining& training, const train::Surroundings& surroundings) {
  TextTask task(training, surroundings);
  return run_training(task, training, surroundings);
}

}  // namespace regard::tasks
