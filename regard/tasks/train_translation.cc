#include "regard/tasks/train_translation.h"

#include <fmt/format.h>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/base/version.h"
#include "regard/models/registry.h"
#include "regard/models/written_form.h"
#include "regard/tasks/train_translation_data.h"

namespace regard::tasks {
namespace {

namespace fs = std::filesystem;
using train::RunDirectory;

// Keys of the run's own streams of random numbers, derived from its seed.
enum Stream : std::uint64_t { weights = 1, batches = 2, dropout = 3 };

// The first place where two JSON values differ, as "settings.learning_rate: found 1, expected 2"; empty where
// they do not. Keys on the left alone count, so that a newer program may have more settings.
std::string difference(const Json& expected, const Json& found, const std::string& place) {
  if (!expected.is_object() || !found.is_object())
    return expected == found
               ? ""
               : fmt::format("{}: found {}, expected {}", place, to_line(found), to_line(expected));
  for (const auto& [key, value] : expected.items()) {
    const Json other = found.contains(key) ? found[key] : Json();
    std::string text = difference(value, other, place.empty() ? key : place + "." + key);
    if (!text.empty()) return text;
  }
  return "";
}

class TranslationRun {
 public:
  TranslationRun(const TranslationTraining& training, const train::Surroundings& around)
      : training_(training),
        around_(around),
        plan_(plan_translation(training, init_config())),
        directory_(training.output, training.begin) {}

  TranslationTrainingResult run();

 private:
  Json init_config() const {
    if (training_.init.empty()) return {};
    const fs::path file = training_.init / "config.json";
    return models::open_config(read_json(file), file.string());
  }
  void take_up_description();
  bool goes_further() const;
  void require_the_same_vocabulary() const;
  Json vocabulary() const;
  bool has_checkpoints() const { return !directory_.checkpoints().list().empty(); }
  void prepare_tokenizer();
  void make_model();
  void describe(const train::Outcome* outcome);
  void write_generation_config() const;

  const TranslationTraining& training_;
  const train::Surroundings& around_;
  TranslationPlan plan_;
  RunDirectory directory_;
  Json before_;  // regard.json of a run that goes on
  std::unique_ptr<Tokenizer> tokenizer_;
  std::unique_ptr<models::SequenceToSequence> model_;
  TranslationData data_;
};

// A run goes on with the settings it began with, or not at all: silently others would give a model that no
// settings describe.
void TranslationRun::take_up_description() {
  if (training_.begin != RunDirectory::Begin::resume) return;
  const auto found = directory_.description();
  if (!found) return;
  Json now = plan_.to_json();
  now["seed"] = training_.seed;
  Json then = *found, settings = then["settings"];
  // How far ahead batches are made changes nothing of them.
  if (settings.is_object()) settings.erase("prefetch");
  std::vector<std::string> changes;
  for (const auto& [key, value] : now["settings"].items()) {
    if (!train::may_change(key) || !settings.contains(key)) continue;
    if (settings[key] != value)
      changes.push_back(
          fmt::format("{}: {} until now, {} from here on", key, to_line(settings[key]), to_line(value)));
    settings.erase(key);
  }
  const std::string text =
      difference({{"settings", settings}, {"config", then["config"]}, {"seed", then["seed"]}}, now, "");
  if (!text.empty())
    throw UsageError(fmt::format("--resume: {} as the run in {} began", text, training_.output.string()));
  for (const std::string& change : changes) around_.log.info(change);
  before_ = std::move(then);
}

// Whether a finished run is asked for more updates than it made.
bool TranslationRun::goes_further() const {
  const auto more = [&](const char* key, double now) {
    const Json& settings = before_["settings"];
    return settings.contains(key) && settings[key].is_number() && now > settings[key].get<double>();
  };
  const train::Settings& s = plan_.training;
  return s.max_steps > 0 ? more("max_steps", static_cast<double>(s.max_steps))
                         : more("num_train_epochs", s.num_train_epochs);
}

// The files of the vocabulary as they are now.
Json TranslationRun::vocabulary() const {
  Json files = Json::object();
  for (const char* name : {"source.spm", "target.spm", "vocab.json", "target_vocab.json"})
    if (fs::exists(training_.output / name)) files[name] = train::description_of(training_.output / name);
  return files;
}

void TranslationRun::require_the_same_vocabulary() const {
  if (!before_.is_object() || !before_.contains("vocabulary")) return;
  const Json now = vocabulary();
  for (const auto& [name, file] : before_["vocabulary"].items())
    if (!now.contains(name) || now[name] != file)
      throw InputError(fmt::format("--resume: {}: found {}, expected the file that the run began with",
                                   (training_.output / name).string(),
                                   now.contains(name) ? "another" : "none"));
}

void TranslationRun::prepare_tokenizer() {
  const fs::path& folder = training_.output;
  if (has_checkpoints()) {
    require_the_same_vocabulary();
  } else {
    if (!training_.init.empty()) {
      copy_tokenizer(training_.init, folder);
    } else {
      learn_tokenizer({training_.train, count_pairs(training_.train, around_)}, folder, plan_.translation,
                      around_);
    }
  }
  tokenizer_ = load_tokenizer(folder);
  const PairSampler suited(*tokenizer_, plan_.translation, 0);  // or it is said before there is more work
}

void TranslationRun::make_model() {
  const Json config =
      training_.init.empty() ? complete_config(plan_.config, *tokenizer_, plan_.translation) : plan_.config;
  model_ = models::as_kind<models::SequenceToSequence>(
      models::create(models::trained_form(config).config, RandomKey{training_.seed}.fold(Stream::weights)),
      "config");
  if (!training_.init.empty()) train::load_parameters(model_->parameters(), training_.init);
  // Before anything is written that would make the folder a run.
  train::treatments(model_->parameters(), train::optimizer_options(plan_.training).groups);
  around_.log.info(fmt::format("model: {} parameters, vocabulary {}", model_->parameters().elements(),
                               tokenizer_->vocabulary_size(TextSide::target)));
}

void TranslationRun::describe(const train::Outcome* outcome) {
  Json json = plan_.to_json();
  json["regard"] = version();
  json["task"] = "translation";
  json["preset"] = training_.preset;
  json["seed"] = training_.seed;
  json["command_line"] = training_.command_line;
  if (!training_.init.empty()) json["init"] = training_.init.string();
  const auto files = [](const data::ParallelFiles& f) {
    Json list = Json::array();
    for (const data::ParallelFile& file : f.files)
      for (const fs::path& path : {file.source, file.target})
        if (!path.empty()) list.push_back(path.string());
    return list;
  };
  const auto of = [](const data::Pairs& pairs) {
    return Json{
        {"pairs", pairs.size()},
        {"skipped",
         {{"empty", pairs.skipped().empty},
          {"too_long", pairs.skipped().too_long},
          {"ratio", pairs.skipped().ratio}}},
        {"checksum", fmt::format("{:08x}-{:08x}", pairs.sources().checksum(), pairs.targets().checksum())}};
  };
  json["vocabulary"] = vocabulary();
  json["data"] = {{"train", of(data_.train)}, {"valid", of(data_.valid)}};
  json["data"]["train"]["skipped"]["bad_lines"] = data_.bad_lines;
  json["files"] = {{"train", files(training_.train)}, {"valid", files(training_.valid)}};
  if (before_.is_object() && has_checkpoints()) {
    const std::string text = difference(before_["data"], json["data"], "data");
    if (!text.empty())
      throw InputError(fmt::format("--resume: {}: these are not the data that the run in {} began with", text,
                                   training_.output.string()));
  }
  json["finished"] = outcome != nullptr && !outcome->time_is_up;
  if (outcome != nullptr) {
    json["model"] = {{"is", outcome->model_is}, {"of_updates", outcome->model_of}};
    json["updates"] = outcome->steps;
    json["stopped_early"] = outcome->stopped_early;
  }
  directory_.describe(json);
}

// What `generate` of transformers and our `translate` do when they are told nothing else.
void TranslationRun::write_generation_config() const {
  const fs::path file = training_.output / "generation_config.json";
  if (!training_.init.empty() && fs::exists(file)) return;  // the first model's
  const Json& config = model_->config();
  write_atomically(file, to_pretty({{"num_beams", 5},
                                    {"max_length", model_->max_positions()},
                                    {"pad_token_id", config["pad_token_id"]},
                                    {"eos_token_id", config["eos_token_id"]},
                                    {"decoder_start_token_id", config["decoder_start_token_id"]},
                                    {"forced_eos_token_id", config["eos_token_id"]}}));
}

TranslationTrainingResult TranslationRun::run() {
  take_up_description();
  TranslationTrainingResult result;
  if (before_.is_object() && directory_.finished() && !goes_further()) {
    around_.log.info(fmt::format("{}: this run is finished; nothing is changed", training_.output.string()));
    result.was_finished = true;
    return result;
  }
  TranslationTexts texts = read_texts(training_, around_);
  prepare_tokenizer();
  make_model();
  const EncodingOptions encoding{plan_.translation, model_->max_positions(), plan_.training.batch_tokens,
                                 training_.output};
  data_ = encode_texts(std::move(texts), *tokenizer_, encoding, around_);
  describe(nullptr);

  const RandomKey key{training_.seed};
  TranslationObjective objective({*model_, *tokenizer_, data_, around_.step}, plan_,
                                 key.fold(Stream::batches));
  result.outcome =
      run_loop(objective, directory_, {plan_.training, key.fold(Stream::dropout), training_.begin}, around_);
  write_generation_config();
  describe(&result.outcome);
  return result;
}

}  // namespace

TranslationTrainingResult train_translation(const TranslationTraining& training,
                                            const train::Surroundings& surroundings) {
  return TranslationRun(training, surroundings).run();
}

}  // namespace regard::tasks
