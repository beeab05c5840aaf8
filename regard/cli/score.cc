#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/base/json.h"
#include "regard/cli/command.h"
#include "regard/cli/label_report.h"
#include "regard/cli/late_progress.h"
#include "regard/cli/metric_options.h"
#include "regard/cli/score_numbers.h"
#include "regard/metrics/resampling.h"
#include "regard/text/unicode.h"

namespace regard::cli {
namespace {

struct ScoreCommand {
  std::string metric;
  std::vector<std::string> references;
  std::vector<std::string> hypotheses;
  MetricOptions metrics;
  bool sentence = false;
  bool report = false;
  bool confidence = false, paired_bootstrap = false, paired_ar = false;
  std::int64_t resamples = 1000, trials = 10000;
  std::uint64_t seed = 12345;

  bool bootstraps() const { return confidence || paired_bootstrap; }
  bool resampled() const { return bootstraps() || paired_ar; }
};

void check(const ScoreCommand& command) {
  command.metrics.require_used({command.metric});
  const std::size_t systems = command.hypotheses.size();
  if (command.sentence && needs_labels(command.metric))
    throw UsageError(fmt::format("--sentence: {} is a measure of many labels together", command.metric));
  if (command.report && (!needs_labels(command.metric) || systems > 1))
    throw UsageError("--report: expected accuracy, f1, matthews or entity-f1, and one hypothesis");
  if (command.sentence && (systems > 1 || command.resampled()))
    throw UsageError("--sentence: expected one hypothesis and no resampling");
  if (command.paired_bootstrap && command.paired_ar)
    throw UsageError("found --paired-bootstrap and --paired-ar, expected one of them");
  if ((command.paired_bootstrap || command.paired_ar) && systems < 2)
    throw UsageError(fmt::format("{}: found one hypothesis, expected two or more to compare",
                                 command.paired_ar ? "--paired-ar" : "--paired-bootstrap"));
  const auto& names = command.hypotheses;
  if (std::count(names.begin(), names.end(), "-") +
          std::count(command.references.begin(), command.references.end(), "-") >
      1)
    throw UsageError("found '-' more than once, but standard input can be read only once");
}

[[noreturn]] void refuse_counts(const std::string& more, const std::string& fewer, std::uint64_t lines) {
  throw InputError(fmt::format("{} has more lines than {}, which has {}", more, fewer, lines));
}

// Lines of all files side by side.
class SegmentFiles {
 public:
  explicit SegmentFiles(const ScoreCommand& command) : systems_(command.hypotheses.size()) {
    for (const std::string& file : command.hypotheses) files_.emplace_back(file);
    for (const std::string& file : command.references) files_.emplace_back(file);
    lines_.resize(files_.size());
  }

  // Up to `most` lines of each file; how many there were.
  std::size_t take(std::size_t most) {
    for (auto& lines : lines_) lines.clear();
    while (lines_[0].size() < most && take_line()) {
    }
    return lines_[0].size();
  }
  Segments of(std::size_t system) const { return {lines_[system], std::span(lines_).subspan(systems_)}; }
  std::span<const std::vector<std::string>> lines() const { return lines_; }
  const std::string& name() const { return files_[0].name(); }

 private:
  // The next line of every file, checked; false at their common end.
  bool take_line() {
    std::size_t ended = 0;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      const auto line = files_[i].next();
      if (line) require_utf8(*line, files_[i].name(), files_[i].number());
      ended += line ? 0 : 1;
      if (!line && ended != i + 1) refuse_counts(files_[0].name(), files_[i].name(), files_[i].number());
      if (line && ended > 0) refuse_counts(files_[i].name(), files_[0].name(), files_[0].number());
      if (line) lines_[i].emplace_back(*line);
    }
    return ended == 0;
  }

  std::size_t systems_;
  std::vector<LineReader> files_;
  std::vector<std::vector<std::string>> lines_;
};

// One file of hypotheses.
struct System {
  std::string name;
  SegmentStatistics statistics;  // rows only where they are needed again
  std::vector<double> sums;
  std::optional<Confidence> confidence;
  std::optional<double> p;  // against the first system
};

void add(const SegmentStatistics& from, System& to) {
  to.sums.resize(from.width);
  for (std::size_t i = 0; i < from.rows.size(); ++i) to.sums[i % from.width] += from.rows[i];
}

// A metric and what it says of each file.
struct Scored {
  std::unique_ptr<Metric> metric;
  std::vector<System> systems;
  std::string signature;
  bool named = false;  // there are other metrics too
};

void resample(const ScoreCommand& command, Scored& scored, Console& console) {
  const Metric& metric = *scored.metric;
  std::vector<System>& systems = scored.systems;
  ResamplingOptions bootstrap{
      .count = command.resamples, .seed = command.seed, .threads = &console.threads()};
  ResamplingOptions randomization = bootstrap;
  randomization.count = command.trials;
  LateProgress progress(console.progress("resampling", "systems", static_cast<std::int64_t>(systems.size())));
  std::vector<double> first;
  for (std::size_t i = 0; i < systems.size(); ++i) {
    System& system = systems[i];
    if (command.bootstraps()) {
      std::vector<double> scores = bootstrap_scores(metric, system.statistics, bootstrap);
      system.confidence = confidence_of(scores);
      const double difference = metric.score(system.sums) - metric.score(systems[0].sums);
      if (i == 0) first = scores;
      if (i > 0 && command.paired_bootstrap) system.p = paired_bootstrap_p({first, scores}, difference);
    }
    if (i > 0 && command.paired_ar)
      system.p = randomization_p(metric, {systems[0].statistics, system.statistics}, randomization);
    progress.update(static_cast<std::int64_t>(i) + 1);
  }
}

std::string text_of(const Confidence& c) { return fmt::format("{:.2f} ± {:.2f}", c.mean, c.half_width()); }

// Of one score: the score and the signature. Of several systems: a table, and the signature below.
void print_text(const Scored& scored, std::span<const System> systems, Console& console) {
  const Metric& metric = *scored.metric;
  if (systems.size() == 1) {
    const System& only = systems[0];
    const std::string name = scored.named ? metric.name() + " " : "";
    const std::string interval = only.confidence ? fmt::format(" ({})", text_of(*only.confidence)) : "";
    return console.out().line(
        fmt::format("{}{:.2f}{} {}", name, metric.score(only.sums), interval, scored.signature));
  }
  std::size_t widest = 6;
  for (const System& s : systems) widest = std::max(widest, s.name.size());
  std::string head = fmt::format("{:{}}  {:>7}", "system", widest, metric.name());
  if (systems[0].confidence) head += fmt::format("  {:>14}", "mean ± 95 %");
  if (systems[1].p) head += "  p";
  console.out().line(head);
  for (const System& s : systems) {
    std::string line = fmt::format("{:{}}  {:7.2f}", s.name, widest, metric.score(s.sums));
    if (s.confidence) line += fmt::format("  {:>14}", text_of(*s.confidence));
    if (s.p) line += fmt::format("  {:.4f}{}", *s.p, *s.p < 0.05 ? " *" : "");
    console.out().line(line);
  }
  if (systems[1].p) console.out().line("p: against the first; * below 0.05");
  console.out().line(scored.signature);
}

Json json_of(const Metric& metric, const System& system, const std::string& signature) {
  Json json{{"metric", metric.name()}, {"score", metric.score(system.sums)}, {"signature", signature}};
  json.update(metric.parts(system.sums));
  if (const auto& c = system.confidence)
    json["confidence"] = {{"mean", c->mean},
                          {"half_width", c->half_width()},
                          {"low", c->low},
                          {"mid", c->median},
                          {"high", c->high}};
  if (system.p) json["p_value"] = *system.p;
  return json;
}

void print(const Scored& scored, std::span<const System> systems, Console& console) {
  if (!console.json()) return print_text(scored, systems, console);
  for (const System& system : systems) {
    Json json = json_of(*scored.metric, system, scored.signature);
    if (systems.size() > 1) json["system"] = system.name;
    console.out().line(to_line(json));
  }
}

// Adds the lines at hand to what is known of them.
void count(const ScoreCommand& command, const SegmentFiles& files, std::vector<Scored>& all,
           Console& console) {
  for (Scored& scored : all) {
    for (std::size_t s = 0; s < scored.systems.size(); ++s) {
      const SegmentStatistics rows =
          count_segments(*scored.metric, files.of(s), command.sentence ? nullptr : &console.threads());
      if (command.sentence) {
        const System line{scored.systems[0].name, {}, rows.sums(), {}, {}};
        print(scored, std::span(&line, 1), console);
      }
      System& system = scored.systems[s];
      add(rows, system);
      if (!command.resampled()) continue;
      system.statistics.width = rows.width;
      system.statistics.rows.insert(system.statistics.rows.end(), rows.rows.begin(), rows.rows.end());
    }
  }
  if (command.sentence) console.out().flush();
}

// The metrics of a name, for the lines at hand where it is one of labels.
std::vector<Scored> scored_by(const ScoreCommand& command, const SegmentFiles& files) {
  SignatureOptions how{.references = command.references.size(), .seed = command.seed};
  if (command.bootstraps()) how.resamples = command.resamples;
  if (command.paired_ar) how.trials = command.trials;
  std::vector<Scored> all;
  for (const std::string& name : metrics_named(command.metric)) {
    Scored& scored = all.emplace_back();
    scored.metric = needs_labels(name)
                        ? command.metrics.make(name, files.lines(), {})
                        : command.metrics.make(name, command.sentence ? MetricOptions::Of::sentence
                                                                      : MetricOptions::Of::corpus);
    scored.signature = signature_of(*scored.metric, how);
    scored.named = metrics_named(command.metric).size() > 1;
    scored.systems.resize(command.hypotheses.size());
    for (std::size_t s = 0; s < scored.systems.size(); ++s) scored.systems[s].name = command.hypotheses[s];
  }
  return all;
}

void run(const ScoreCommand& given, Console& console) {
  ScoreCommand command = given;
  if (command.hypotheses.empty()) command.hypotheses.emplace_back("-");
  const bool numbers = is_number_metric(command.metric);
  const bool labels = needs_labels(command.metric);
  if (!numbers && !labels) command.metrics.make(metrics_named(command.metric)[0]);  // there is such a one
  check(command);
  if (numbers) {
    if (command.sentence || command.paired_bootstrap || command.paired_ar)
      throw UsageError(
          fmt::format("{}: of --sentence, --paired-bootstrap and --paired-ar it has none", command.metric));
    return score_numbers({command.metric,
                          command.references,
                          command.hypotheses,
                          command.confidence,
                          {.count = command.resamples, .seed = command.seed}},
                         console);
  }
  SegmentFiles files(command);
  LateProgress progress(console.progress("scoring", "segments", 0));
  std::int64_t segments = 0;
  std::vector<Scored> all;
  // A sentence's score is known, and said, when its line is; labels when all are read.
  const std::size_t at_once = command.sentence ? 1 : labels ? std::size_t(-1) : 1024;
  while (const std::size_t read = files.take(at_once)) {
    if (all.empty()) all = scored_by(command, files);
    count(command, files, all, console);
    progress.update(segments += static_cast<std::int64_t>(read));
    if (command.report) print_label_report(*all[0].metric, all[0].systems[0].sums, files.of(0), console);
  }
  progress.finish();
  if (segments == 0) throw InputError(fmt::format("{}: found no lines", files.name()));
  for (Scored& scored : all) {
    if (command.resampled()) resample(command, scored, console);
    if (!command.sentence) print(scored, scored.systems, console);
  }
}

}  // namespace

Action declare_score(CLI::App& app) {
  auto command = std::make_shared<ScoreCommand>();
  app.add_option("METRIC", command->metric,
                 "bleu, chrf, chrf++, ter; rouge, rouge1, rouge2, rougeL, rougeLsum; wer, cer; accuracy, f1, "
                 "matthews, entity-f1; exact-match, squad-f1; pearson, spearman; perplexity")
      ->required();
  app.add_option("HYPOTHESIS", command->hypotheses,
                 "what is scored, one segment a line (- or none: standard input); several files are several "
                 "systems in one table");
  app.add_option("--reference", command->references, "what it should be; once for each reference")
      ->required()
      ->allow_extra_args(false);
  command->metrics.declare(app);
  app.add_flag("--sentence", command->sentence, "a score for each segment");
  app.add_flag("--report", command->report,
               "accuracy, f1, matthews, entity-f1: every class, and what was taken for what");
  app.add_flag("--confidence", command->confidence, "a 95 % interval, by bootstrap resampling");
  app.add_flag("--paired-bootstrap", command->paired_bootstrap,
               "p-values against the first system, by paired bootstrap resampling, and intervals");
  app.add_flag("--paired-ar", command->paired_ar,
               "p-values against the first system, by approximate randomization");
  app.add_option("--resamples", command->resamples, "of the bootstrap; default: 1000")
      ->check(CLI::Range(40, 10000000));
  app.add_option("--trials", command->trials, "of approximate randomization; default: 10000")
      ->check(CLI::Range(40, 10000000));
  app.add_option("--seed", command->seed, "of all random draws; default: 12345");
  return [command](Console& console) { run(*command, console); };
}

}  // namespace regard::cli
