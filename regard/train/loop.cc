#include "regard/train/loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "regard/base/error.h"
#include "regard/train/update.h"

namespace regard::train {
namespace {

constexpr std::int64_t most_skipped_in_row = 20;
constexpr const char* advice = "try a smaller learning_rate, or a larger spike_deviations where it is set";
constexpr const char* optimizer_file = "optimizer.safetensors";
constexpr const char* best_by_validation = "best by validation";
constexpr const char* mean_loss = "mean_eval_loss";  // of the mean of the last checkpoints, in the log

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

class Loop {
 public:
  Loop(Objective& objective, RunDirectory& directory, const LoopOptions& options, const Surroundings& around)
      : objective_(objective),
        directory_(directory),
        settings_(options.settings),
        around_(around),
        updater_(objective, options, around.step),
        checkpoints_(directory.checkpoints()) {
    if (options.begin == RunDirectory::Begin::resume) resume();
  }

  Outcome run();

 private:
  void resume();
  void one_update();
  void finish_update();
  void skip(const UpdateResult& result);
  Standing validate();
  double score_of(const Validation& validation) const;
  enum class Save : std::uint8_t { due, interrupted };
  void save(Save why);
  void report();
  Outcome finish();
  std::vector<Checkpoint> final_checkpoints(Outcome& outcome) const;
  std::optional<Checkpoint> best_checkpoint() const;
  void load_mean_of(const std::vector<Checkpoint>& list);
  std::vector<Checkpoint> best_mean(const Checkpoint& best, const std::vector<Checkpoint>& last);

  bool every(std::int64_t count) const { return state_.step % count == 0; }
  bool over() const {
    const bool patient = settings_.patience == 0 || state_.not_better < settings_.patience;
    return state_.step >= updater_.last_step() || !patient;
  }
  bool validation_due() const {
    return objective_.validates() && (every(settings_.eval_steps) || state_.step >= updater_.last_step());
  }
  // Those that are made at any rate: averages count no others, or they would depend on interruptions.
  bool regular(std::int64_t step) const {
    return step % settings_.save_steps == 0 || (step == state_.step && over());
  }
  std::vector<Checkpoint> last_regular(std::int64_t count) const;
  bool stop() const { return around_.stop && around_.stop(); }
  bool time_is_up() const { return around_.time_is_up && around_.time_is_up(); }
  void say(LogLevel level, const std::string& message) {
    if (!around_.log.wants(level)) return;
    if (progress_) progress_->pause();
    around_.log.write(level, message);
  }

  Objective& objective_;
  RunDirectory& directory_;
  const Settings& settings_;
  const Surroundings& around_;
  Updater updater_;
  CheckpointFolder checkpoints_;
  std::unique_ptr<Progress> progress_;
  State state_;
  double last_norm_ = 0;
  bool saved_ = false;  // at this update
  bool out_of_time_ = false;
};

void Loop::resume() {
  const auto found = checkpoints_.newest(around_.log);
  if (!found) {
    say(LogLevel::info,
        fmt::format("{}: no checkpoint yet: training starts from the beginning", directory_.path().string()));
    directory_.cut_log([](const Json&) { return false; });
    return;
  }
  state_ = state_from(JsonField(found->state, found->checkpoint.directory.string()));
  load_parameters(objective_.parameters(), found->checkpoint.directory);
  const Weights kept = Weights::open(found->checkpoint.directory / optimizer_file);
  updater_.optimizer().load(kept, state_.applied);
  updater_.average().load(kept);
  // What came after that checkpoint is done again.
  directory_.cut_log([&](const Json& line) {
    const std::int64_t step = line.value("step", std::int64_t{0});
    if (line.contains(mean_loss)) return false;
    return step < state_.step || (step == state_.step && (state_.validated || !line.contains("eval_loss")));
  });
  checkpoints_.prune([&](const Checkpoint& c) { return c.step <= state_.step; });
  saved_ = true;
  say(LogLevel::info, fmt::format("going on from update {}", state_.step));
}

Outcome Loop::run() {
  if (!over()) {
    progress_ = std::make_unique<Progress>(ProgressOptions{.label = "training",
                                                           .unit = "updates",
                                                           .total = updater_.last_step(),
                                                           .start = state_.step,
                                                           .style = around_.progress_style,
                                                           .sink = around_.progress});
  }
  if (stop()) throw Interrupted("interrupted before the first update");
  // An interruption in the validation of this update, which is done now.
  if (state_.step > 0 && validation_due() && !state_.validated) finish_update();
  while (!over() && !out_of_time_) {
    one_update();
    finish_update();
  }
  if (progress_) progress_->finish();
  return finish();
}

void Loop::one_update() {
  const double begin = seconds();
  const UpdateResult result = updater_.update(state_);
  state_.window_seconds += seconds() - begin;
  saved_ = false;
  if (!result.applied) return skip(result);
  last_norm_ = result.norm;
  state_.tokens += result.tokens;
  state_.window_tokens += result.tokens;
  state_.window_loss += result.loss;
  state_.window_plain += result.plain;
  if (progress_) {
    const double tokens = static_cast<double>(state_.window_tokens);
    const std::string skipped = state_.skipped > 0 ? fmt::format(", {} skipped", state_.skipped) : "";
    progress_->update(state_.step, fmt::format("loss {:.3f}, {} {}s/s{}", state_.window_loss / tokens,
                                               count_text(tokens / std::max(1e-9, state_.window_seconds)),
                                               objective_.unit(), skipped));
  }
  if (every(settings_.logging_steps) || over()) report();
}

void Loop::skip(const UpdateResult& result) {
  say(LogLevel::warning, fmt::format("update {} is skipped: {}", state_.step, result.why));
  Json line{{"step", state_.step}, {"skipped", result.why}};
  if (state_.spiked) line["grad_norm"] = result.norm;
  directory_.report(line);
  if (state_.skipped_in_row < most_skipped_in_row) return;
  const std::vector<Checkpoint> good = checkpoints_.list();
  throw Error(fmt::format(
      "{} updates in a row gave no finite loss and gradient, or spikes ({}); {}", most_skipped_in_row, advice,
      good.empty() ? "there is no checkpoint yet"
                   : fmt::format("the last good checkpoint is {}", good.back().directory.string())));
}

void Loop::report() {
  if (state_.window_tokens == 0) return;
  const auto tokens = static_cast<double>(state_.window_tokens);
  const double batches = static_cast<double>(updater_.batches_in_epoch(state_.epoch));
  directory_.report(
      {{"step", state_.step},
       {"epoch", static_cast<double>(state_.epoch) + static_cast<double>(state_.batch) / batches},
       {"loss", state_.window_loss / tokens},
       {fmt::format("nats_per_{}", objective_.unit()), state_.window_plain / tokens},
       {"learning_rate", updater_.learning_rate(state_.step)},
       {"grad_norm", last_norm_},
       {fmt::format("{}s", objective_.unit()), state_.tokens},
       {fmt::format("{}s_per_second", objective_.unit()), tokens / std::max(1e-9, state_.window_seconds)},
       {"skipped_updates", state_.skipped}});
  state_.window_loss = state_.window_plain = state_.window_seconds = 0;
  state_.window_tokens = 0;
}

double Loop::score_of(const Validation& validation) const {
  const std::string& metric = settings_.metric_for_best_model;
  if (metric == "loss") return validation.loss;
  if (validation.scores.contains(metric)) return validation.scores[metric].get<double>();
  std::string names = "loss";
  for (const auto& [name, score] : validation.scores.items()) names += ", " + name;
  throw UsageError(
      fmt::format("metric_for_best_model: found \"{}\", expected what is validated: {}", metric, names));
}

Standing Loop::validate() {
  const double begin = seconds();
  const WeightAverage::InUse average(updater_.average());
  const Validation v = objective_.validate([this] { return stop() || time_is_up(); });
  const Standing standing =
      enter(state_.best, {state_.step, score_of(v)}, {settings_.metric_for_best_model, settings_.keep_best});
  state_.validated = true;
  state_.not_better = standing == Standing::first ? 0 : state_.not_better + 1;
  Json line{{"step", state_.step}, {"eval_loss", v.loss}, {"eval_seconds", seconds() - begin}};
  std::string text =
      fmt::format("update {}: validation {:.4f} nats/{}", state_.step, v.loss, objective_.unit());
  for (const auto& [name, score] : v.scores.items()) {
    line["eval_" + name] = score;
    text += fmt::format(", {} {:.2f}", name, score.get<double>());
  }
  directory_.report(line);
  say(LogLevel::info, text + (standing == Standing::first ? ", the best so far" : ""));
  for (const std::string& sample : v.samples) say(LogLevel::info, sample);
  return standing;
}

void Loop::finish_update() {
  Standing standing = Standing::behind;
  if (validation_due() && !state_.validated) {
    try {
      standing = validate();
    } catch (const Interrupted&) {  // done again when the run goes on
      save(Save::interrupted);
      if (stop() || !time_is_up()) throw;
      out_of_time_ = true;
      return;
    }
  }
  if (standing != Standing::behind || regular(state_.step)) save(Save::due);
  if (over()) return;
  const bool interrupted = stop();
  out_of_time_ = !interrupted && time_is_up();
  if ((interrupted || out_of_time_) && !saved_) save(Save::interrupted);
  out_of_time_ = out_of_time_ && saved_;  // not while the model gives no finite loss: 20 such updates end it
  if (interrupted)
    throw Interrupted(fmt::format("interrupted at update {}; --resume goes on from there", state_.step));
}

void Loop::save(Save why) {
  // After a spike the weights are those of a good update; after a loss that is not finite who knows.
  if ((state_.skipped_in_row > 0 && !state_.spiked) || !updater_.sound(state_)) {
    say(LogLevel::warning,
        fmt::format("update {}: no checkpoint is made: the model gives no finite loss", state_.step));
    return;
  }
  checkpoints_.save(state_.step, to_json(state_), [&](const std::filesystem::path& folder) {
    std::vector<NamedTensor> kept = updater_.optimizer().state();
    for (NamedTensor& weight : updater_.average().weights()) kept.push_back(std::move(weight));
    write_safetensors(folder / optimizer_file, kept);
    const WeightAverage::InUse average(updater_.average());
    objective_.save(folder);
  });
  saved_ = true;
  if (why == Save::interrupted) return;  // nothing is removed on the way out
  const std::vector<Checkpoint> last =
      last_regular(std::max(settings_.save_total_limit, settings_.average_checkpoints));
  checkpoints_.prune([&](const Checkpoint& c) {
    const bool best = std::any_of(state_.best.begin(), state_.best.end(),
                                  [&](const ScoredStep& one) { return one.step == c.step; });
    return c.step == state_.step || best || (!last.empty() && regular(c.step) && c.step >= last.front().step);
  });
}

// From old to new.
std::vector<Checkpoint> Loop::last_regular(std::int64_t count) const {
  std::vector<Checkpoint> list;
  for (const Checkpoint& c : checkpoints_.list())
    if (c.step <= state_.step && regular(c.step)) list.push_back(c);
  const auto most = static_cast<std::size_t>(count);
  if (list.size() > most) list.erase(list.begin(), list.end() - static_cast<std::ptrdiff_t>(most));
  return list;
}

std::optional<Checkpoint> Loop::best_checkpoint() const {
  const std::vector<Checkpoint> all = checkpoints_.list();
  if (settings_.load_best_model_at_end)
    for (const ScoredStep& best : state_.best)
      for (const Checkpoint& c : all)
        if (c.step == best.step) return c;
  return std::nullopt;
}

// The mean of the last checkpoints where averaging is on, else the best by validation, else the last.
std::vector<Checkpoint> Loop::final_checkpoints(Outcome& outcome) const {
  if (settings_.average_checkpoints == 1) {
    if (const auto best = best_checkpoint()) {
      outcome.model_is = best_by_validation;
      return {*best};
    }
  }
  const std::vector<Checkpoint> all = checkpoints_.list();
  std::vector<Checkpoint> last = last_regular(settings_.average_checkpoints);
  outcome.model_is =
      settings_.average_checkpoints > 1 && last.size() > 1 ? "mean of the last checkpoints" : "last";
  // Where the time is up there may be none but the one made then.
  const bool newest = last.empty() || (out_of_time_ && settings_.average_checkpoints == 1);
  if (newest && !all.empty()) last = {all.back()};
  return last;
}

void Loop::load_mean_of(const std::vector<Checkpoint>& list) {
  std::vector<std::filesystem::path> folders;
  for (const Checkpoint& c : list) {
    checkpoints_.verify(c);
    folders.push_back(c.directory);
  }
  load_mean(objective_.parameters(), folders);
}

// The best by validation of: the best checkpoint, the mean of the last two, of the last three and so on until
// a longer one is worse than the one before. A mean is better than each of its checkpoints, but lags behind
// where the learning rate is still high at the end: how many are worth taking, validation says.
std::vector<Checkpoint> Loop::best_mean(const Checkpoint& best, const std::vector<Checkpoint>& last) {
  const auto better = [this](double score, double than) {
    std::vector<ScoredStep> list{{0, than}};
    return enter(list, {1, score}, {settings_.metric_for_best_model, 1}) == Standing::first;
  };
  std::vector<Checkpoint> chosen{best};
  double best_score = state_.best.front().score, before = std::nan("");
  for (std::ptrdiff_t count = 2; count <= std::ssize(last); ++count) {
    const std::vector<Checkpoint> list(last.end() - count, last.end());
    load_mean_of(list);
    const Validation v = objective_.validate([this] { return stop(); });
    directory_.report({{"step", state_.step}, {"mean_of", count}, {mean_loss, v.loss}});
    say(LogLevel::info, fmt::format("mean of the last {} checkpoints: validation {:.4f} nats/{}", count,
                                    v.loss, objective_.unit()));
    const double score = score_of(v);
    if (better(score, best_score)) {
      chosen = list;
      best_score = score;
    }
    if (count > 2 && !better(score, before)) break;
    before = score;
  }
  return chosen;
}

Outcome Loop::finish() {
  Outcome outcome;
  outcome.steps = state_.step;
  outcome.time_is_up = out_of_time_;
  outcome.stopped_early = !out_of_time_ && state_.step < updater_.last_step();
  if (out_of_time_)
    say(LogLevel::info, fmt::format("the time is up at update {} of {}; --resume goes on from there",
                                    state_.step, updater_.last_step()));
  std::vector<Checkpoint> of = final_checkpoints(outcome);
  if (of.empty()) throw Error("the model gives no finite loss and there is no good checkpoint");
  if (const auto best = best_checkpoint(); of.size() > 1 && best) {
    of = best_mean(*best, of);
    if (of.size() == 1) outcome.model_is = best_by_validation;
  }
  load_mean_of(of);
  for (const Checkpoint& c : of) outcome.model_of.push_back(c.step);
  objective_.publish(directory_.path());
  return outcome;
}

}  // namespace

Outcome run_loop(Objective& objective, RunDirectory& directory, const LoopOptions& options,
                 const Surroundings& surroundings) {
  return Loop(objective, directory, options, surroundings).run();
}

}  // namespace regard::train
