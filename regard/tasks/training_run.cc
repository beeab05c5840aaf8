#include "regard/tasks/training_run.h"

#include <fmt/format.h>

#include <array>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/base/version.h"

namespace regard::tasks {
namespace {

namespace fs = std::filesystem;
using train::RunDirectory;

// Keys of the run's own streams of random numbers, derived from its seed.
enum Stream : std::uint64_t { weights = 1, batches = 2, dropout = 3 };

constexpr std::array vocabulary_files{
    "source.spm", "target.spm", "vocab.json",   "target_vocab.json", "tokenizer.json",
    "vocab.txt",  "merges.txt", "spiece.model", "tokenizer.model",   "sentencepiece.bpe.model"};

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

class Run {
 public:
  Run(TrainingTask& task, const TrainingRequest& request, const train::Surroundings& around)
      : task_(task), request_(request), around_(around), directory_(request.output, request.begin) {}

  TrainingResult run();

 private:
  void take_up_description();
  bool goes_further() const;
  void require_the_same_vocabulary() const;
  Json vocabulary() const;
  std::string dtype() const {  // of the weights in products; the optimizer's are f32
    return std::string(name_of(around_.step.weights.value_or(kernels::WeightFormat::as_computed)));
  }
  bool has_checkpoints() const { return !directory_.checkpoints().list().empty(); }
  void describe(const train::Outcome* outcome);
  void write_generation_config() const;

  TrainingTask& task_;
  const TrainingRequest& request_;
  const train::Surroundings& around_;
  RunDirectory directory_;
  Json before_;  // regard.json of a run that goes on
};

// A run goes on with the settings it began with, or not at all: silently others would give a model that no
// settings describe.
void Run::take_up_description() {
  if (request_.begin != RunDirectory::Begin::resume) return;
  const auto found = directory_.description();
  if (!found) return;
  Json now = task_.plan();
  now["seed"] = request_.seed;
  now["dtype"] = dtype();
  Json then = *found, settings = then["settings"];
  if (!then.contains("dtype")) then["dtype"] = "f32";  // as it was before there was a choice
  if (const std::string was = then.value("task", std::string(task_.name())); was != task_.name())
    throw UsageError(fmt::format("--resume: found the task {}, expected {} as the run in {} began",
                                 task_.name(), was, request_.output.string()));
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
  const std::string text = difference(
      {{"settings", settings}, {"config", then["config"]}, {"seed", then["seed"]}, {"dtype", then["dtype"]}},
      now, "");
  if (!text.empty())
    throw UsageError(fmt::format("--resume: {} as the run in {} began", text, request_.output.string()));
  for (const std::string& change : changes) around_.log.info(change);
  before_ = std::move(then);
}

// Whether a finished run is asked for more updates than it made.
bool Run::goes_further() const {
  const auto more = [&](const char* key, double now) {
    const Json& settings = before_["settings"];
    return settings.contains(key) && settings[key].is_number() && now > settings[key].get<double>();
  };
  const train::Settings& s = task_.settings();
  return s.max_steps > 0 ? more("max_steps", static_cast<double>(s.max_steps))
                         : more("num_train_epochs", s.num_train_epochs);
}

// The files of the vocabulary as they are now.
Json Run::vocabulary() const {
  Json files = Json::object();
  for (const char* name : vocabulary_files)
    if (fs::exists(request_.output / name)) files[name] = train::description_of(request_.output / name);
  return files;
}

void Run::require_the_same_vocabulary() const {
  if (!before_.is_object() || !before_.contains("vocabulary")) return;
  const Json now = vocabulary();
  for (const auto& [name, file] : before_["vocabulary"].items())
    if (!now.contains(name) || now[name] != file)
      throw InputError(fmt::format("--resume: {}: found {}, expected the file that the run began with",
                                   (request_.output / name).string(),
                                   now.contains(name) ? "another" : "none"));
}

void Run::describe(const train::Outcome* outcome) {
  Json json = task_.plan();
  json["regard"] = version();
  json["task"] = task_.name();
  json["preset"] = request_.preset;
  json["seed"] = request_.seed;
  json["dtype"] = dtype();
  json["command_line"] = request_.command_line;
  if (!request_.init.empty()) json["init"] = request_.init.string();
  json["vocabulary"] = vocabulary();
  json["data"] = task_.data();
  json["files"] = task_.files();
  if (before_.is_object() && has_checkpoints()) {
    const std::string text = difference(before_["data"], json["data"], "data");
    if (!text.empty())
      throw InputError(fmt::format("--resume: {}: these are not the data that the run in {} began with", text,
                                   request_.output.string()));
  }
  json["finished"] = outcome != nullptr && !outcome->time_is_up;
  if (outcome != nullptr) {
    json["model"] = {{"is", outcome->model_is}, {"of_updates", outcome->model_of}};
    json["updates"] = outcome->steps;
    json["stopped_early"] = outcome->stopped_early;
  }
  directory_.describe(json);
}

// What `generate` of transformers and our commands do when they are told nothing else.
void Run::write_generation_config() const {
  const fs::path file = request_.output / "generation_config.json";
  if (!request_.init.empty() && fs::exists(file)) return;  // the first model's
  const Json config = task_.generation_config();
  if (!config.is_null()) write_atomically(file, to_pretty(config));
}

TrainingResult Run::run() {
  take_up_description();
  TrainingResult result;
  if (before_.is_object() && directory_.finished() && !goes_further()) {
    around_.log.info(fmt::format("{}: this run is finished; nothing is changed", request_.output.string()));
    result.was_finished = true;
    return result;
  }
  const RandomKey key{request_.seed};
  task_.read();
  if (has_checkpoints()) require_the_same_vocabulary();
  task_.prepare_tokenizer(has_checkpoints() ? TrainingTask::Stage::goes_on : TrainingTask::Stage::begins);
  models::Model& model = task_.make_model(key.fold(Stream::weights));
  // Before anything is written that would make the folder a run.
  train::treatments(model.parameters(), train::optimizer_options(task_.settings()).groups);
  task_.encode();
  describe(nullptr);

  const auto objective = task_.objective(key.fold(Stream::batches));
  result.outcome = run_loop(*objective, directory_,
                            {task_.settings(), key.fold(Stream::dropout), request_.begin}, around_);
  write_generation_config();
  describe(&result.outcome);
  return result;
}

}  // namespace

TrainingResult run_training(TrainingTask& task, const TrainingRequest& request,
                            const train::Surroundings& around) {
  return Run(task, request, around).run();
}

void copy_tokenizer(const fs::path& from, const fs::path& to) {
  const auto copy = [&](const char* name) {
    if (fs::exists(from / name)) write_atomically(to / name, read_text(from / name));
  };
  for (const char* name : vocabulary_files) copy(name);
  for (const char* name :
       {"tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "generation_config.json"})
    copy(name);
}

}  // namespace regard::tasks
