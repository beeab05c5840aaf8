#include "regard/tasks/train_text_encoder.h"

#include <fmt/format.h>

#include "regard/autograd/ops/linear.h"
#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/data/batches.h"
#include "regard/models/adapter.h"
#include "regard/models/registry.h"
#include "regard/tasks/encoder_layers.h"
#include "regard/tasks/token_dropout.h"
#include "regard/tasks/train_text_encoder_plan.h"
#include "regard/tasks/training_plan.h"
#include "regard/text/character_vocabulary.h"
#include "regard/text/code_points.h"

namespace regard::tasks {
namespace {

namespace fs = std::filesystem;

class EncoderObjective final : public train::Objective {
 public:
  struct Parts {
    const EncoderGoal& goal;
    models::TextEncoder& model;
    const EncoderGoal::Sets& sets;
    const train::Surroundings& around;
    TokenDropout dropout;
    const models::LowRankAdapter* adapter = nullptr;  // what is trained, where it is not the model
  };
  EncoderObjective(const Parts& parts, const train::Settings& settings, RandomKey key)
      : parts_(parts), settings_(settings), key_(key), lengths_(lengths_of(parts.sets.train)) {}

  nn::Parameters& parameters() override { return parts_.model.parameters(); }
  std::string_view unit() const override { return parts_.goal.unit(); }
  bool validates() const override { return !parts_.sets.valid.empty(); }

  std::int64_t begin_epoch(std::int64_t epoch) override {
    epoch_ = key_.fold(static_cast<std::uint64_t>(epoch));
    batches_ =
        data::plan_epoch(lengths_, {settings_.batch_tokens, settings_.per_device_train_batch_size}, epoch_);
    return static_cast<std::int64_t>(batches_.size());
  }

  train::BatchLoss loss(Step& step, std::int64_t number) override {
    EncoderBatch batch = encoder_batch(parts_.sets.train, batches_[static_cast<std::size_t>(number)]);
    batch.tokens.ids = parts_.dropout(batch.tokens.ids, epoch_.fold(static_cast<std::uint64_t>(number)));
    return parts_.goal.loss(head_of(step, batch), batch,
                            {EncoderGoal::Set::train, settings_.label_smoothing_factor});
  }

  train::Validation validate(const std::function<bool()>& stop) override {
    train::Validation found;
    const auto judge = judged(stop, &found.loss);
    found.scores = judge->scores();
    found.samples = judge->samples();
    return found;
  }

  void save(const fs::path& directory) const override {
    if (parts_.adapter != nullptr) return parts_.adapter->save(directory);
    models::save(parts_.model, directory);
  }
  void publish(const fs::path& directory) const override {
    save(directory);
    parts_.goal.publish(directory);
    if (validates()) judged({}, nullptr)->publish(directory, parts_.around.log);
  }

 private:
  models::TextEncoder::Projected head_of(Step& step, const EncoderBatch& batch) const {
    const Var hidden = parts_.model.hidden(step, batch.inputs());
    return parts_.goal.project(parts_.model, hidden, batch.tokens.layout);
  }

  // The judge after the whole validation set, and the mean loss where it is asked for.
  std::unique_ptr<EncoderJudge> judged(const std::function<bool()>& stop, double* loss) const {
    constexpr std::int64_t batch_tokens = 8192;
    const auto& examples = parts_.sets.valid;
    const data::BatchPlan batches = data::plan_in_order(lengths_of(examples), {batch_tokens, 0});
    auto judge = parts_.goal.judge();
    double sum = 0;
    std::int64_t units = 0;
    for (std::size_t i = 0; i < batches.size(); ++i) {
      if (stop && stop()) throw Interrupted("interrupted in validation");
      const EncoderBatch batch = encoder_batch(examples, batches[i]);
      Step step(parts_.around.step);
      const auto head = head_of(step, batch);
      const train::BatchLoss part = parts_.goal.loss(head, batch, {EncoderGoal::Set::valid, 0});
      sum += part.plain_sum;
      units += part.tokens;
      const Var found = head.projection.weight ? linear(head.features, head.projection) : head.features;
      judge->see(batch, found.value());
    }
    if (loss != nullptr) *loss = sum / static_cast<double>(std::max<std::int64_t>(1, units));
    return judge;
  }

  Parts parts_;
  train::Settings settings_;
  RandomKey key_, epoch_ = key_;
  data::SideLengths lengths_;
  data::BatchPlan batches_;
};

// What PEFT calls the task of a head.
std::string peft_task(models::HeadKind head) {
  switch (head) {
    case models::HeadKind::sequence:
      return "SEQ_CLS";
    case models::HeadKind::tokens:
      return "TOKEN_CLS";
    case models::HeadKind::span:
      return "QUESTION_ANS";
    case models::HeadKind::none:
      return "FEATURE_EXTRACTION";
    default:
      return "";
  }
}

class EncoderTask final : public TrainingTask {
 public:
  EncoderTask(const TrainingRequest& request, EncoderGoal& goal, const train::Surroundings& around)
      : request_(request),
        goal_(goal),
        around_(around),
        init_(request.init.empty() ? Json() : models::config_in(request.init)),
        plan_(plan_text_encoder(request, init_, goal)),
        settings_(plan_.training) {}

  std::string_view name() const override { return goal_.name(); }
  const train::Settings& settings() const override { return settings_; }
  Json plan() const override { return plan_.to_json(); }
  void read() override { goal_.read(around_); }
  void prepare_tokenizer(Stage stage) override;
  models::Model& make_model(RandomKey weights) override;
  void encode() override;
  Json data() const override;
  Json files() const override { return goal_.files(); }
  std::unique_ptr<train::Objective> objective(RandomKey batches) override;
  Json generation_config() const override { return {}; }

 private:
  void learn_tokenizer() const;
  // The goal's head; with its labels as the first model has them, where it is the same.
  models::NewHead head() const;
  std::int64_t max_tokens() const;

  const TrainingRequest& request_;
  EncoderGoal& goal_;
  const train::Surroundings& around_;
  Json init_;  // the first model's configuration, or null
  EncoderPlan plan_;
  train::Settings settings_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::unique_ptr<models::TextEncoder> model_;
  std::optional<models::LowRankAdapter> adapter_;
  EncoderGoal::Sets sets_;
};

void EncoderTask::learn_tokenizer() const {
  const TextSource texts = goal_.texts();
  if (plan_.encoder.vocab_type == "char") {
    Characters characters;
    while (const auto text = texts())
      for (const std::uint32_t code : code_points(*text)) characters.insert(code);
    around_.log.info(fmt::format("a vocabulary of {} characters", characters.size()));
    return write_character_tokenizer(characters, request_.output, TextUse::masking);
  }
  TokenizerTraining training;
  training.output = request_.output;
  training.texts = texts;
  training.settings.vocab_type = plan_.encoder.vocab_type;
  training.settings.vocab_size = plan_.encoder.vocab_size;
  training.settings.lowercase = plan_.encoder.lowercase;
  training.settings.special_tokens = Json::array({"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"});
  if (training.settings.vocab_type == "unigram") training.settings.unk_token = "[UNK]";
  TokenizerSurroundings around;
  around.threads = around_.step.threads;
  around.progress.style = around_.progress_style;
  around.progress.sink = around_.progress;
  around.stop = around_.stop;
  const TokenizerOutcome found = train_tokenizer(training, around);
  around_.log.info(
      fmt::format("a vocabulary of {} tokens from {} different words", found.tokens, found.words));
}

void EncoderTask::prepare_tokenizer(Stage stage) {
  if (stage == Stage::begins && request_.init.empty()) learn_tokenizer();
  if (stage == Stage::begins && !request_.init.empty()) copy_tokenizer(request_.init, request_.output);
  tokenizer_ = load_tokenizer(request_.output);
}

models::NewHead EncoderTask::head() const {
  models::NewHead head = goal_.head();
  const std::string file = (request_.init / "config.json").string();
  if (!init_.is_null() && models::has_head(init_, head, file))
    head.labels = models::labels_of(JsonField(init_, file));
  return head;
}

models::Model& EncoderTask::make_model(RandomKey weights) {
  const models::NewHead wanted = head();
  if (init_.is_null()) {
    Json config = plan_.config;
    put_vocabulary(config, *tokenizer_);
    model_ = models::as_kind<models::TextEncoder>(models::create(models::with_head(config, wanted), weights),
                                                  std::string(name()));
  } else {
    const std::string file = (request_.init / "config.json").string();
    const Json config = models::with_head(plan_.config, wanted, file);
    model_ = models::load_with_head(request_.init, config, weights);
    if (!models::has_head(init_, wanted, file))
      around_.log.info(fmt::format("{}: its encoder is kept, the head of {} is new", request_.init.string(),
                                   config["architectures"][0].get<std::string>()));
  }
  if (const auto how = low_rank_options(plan_.low_rank, Beginning::checkpoint)) {
    constexpr std::uint64_t low_rank_stream = 0x6c6f7261ULL;
    const bool has_head = model_->head() != models::HeadKind::none;
    const auto whole = [this, has_head](const std::string& name) {
      return has_head && depth_of(*model_, name) == head_depth;
    };
    adapter_.emplace(*model_, models::LowRankPlan{*how, whole, weights.fold(low_rank_stream), request_.init,
                                                  peft_task(model_->head())});
  }
  settings_ = settings_of(plan_, *model_, 1);
  around_.log.info(fmt::format("model: {}, vocabulary {}", parameters_text(*model_, settings_),
                               tokenizer_->vocabulary_size(TextSide::target)));
  return *model_;
}

std::int64_t EncoderTask::max_tokens() const {
  const std::int64_t positions = model_->max_positions(), wanted = plan_.encoder.max_length;
  if (positions == 0) return wanted > 0 ? wanted : 512;
  return wanted > 0 ? std::min(wanted, positions) : positions;
}

void EncoderTask::encode() {
  const JsonField config(model_->config(), "config.json");
  sets_ = goal_.encode({*tokenizer_, max_tokens(), models::labels_of(config)}, around_);
  if (sets_.train.empty()) throw InputError(fmt::format("{}: no example is left to train with", name()));
  for (const auto* set : {&sets_.train, &sets_.valid})
    for (const EncoderExample& e : *set)
      if (e.ids.empty())
        throw InputError("an example has no tokens, and the tokenizer adds none: there is nothing to read");
}

Json EncoderTask::data() const {
  const auto of = [](const std::vector<EncoderExample>& set) {
    const data::SideLengths lengths = lengths_of(set);
    return Json{{"examples", set.size()},
                {"tokens", lengths.tokens()},
                {"checksum", fmt::format("{:08x}", lengths.checksum())}};
  };
  return {{"train", of(sets_.train)}, {"valid", of(sets_.valid)}, {"labels", goal_.data()}};
}

std::unique_ptr<train::Objective> EncoderTask::objective(RandomKey batches) {
  auto objective = std::make_unique<EncoderObjective>(
      EncoderObjective::Parts{goal_, *model_, sets_, around_,
                              TokenDropout(plan_.encoder.token_dropout, *tokenizer_),
                              adapter_ ? &*adapter_ : nullptr},
      plan_.training, batches);
  const std::int64_t parts = plan_.training.gradient_accumulation_steps;
  settings_ = settings_of(plan_, *model_, (objective->begin_epoch(0) + parts - 1) / parts);
  return objective;
}

}  // namespace

TrainingResult train_text_encoder(const TrainingRequest& request, EncoderGoal& goal,
                                  const train::Surroundings& around) {
  EncoderTask task(request, goal, around);
  return run_training(task, request, around);
}

}  // namespace regard::tasks
