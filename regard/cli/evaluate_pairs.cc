#include <fmt/format.h>

#include <memory>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/cli/evaluate_command.h"
#include "regard/cli/evaluate_scores.h"
#include "regard/cli/interrupt.h"
#include "regard/cli/late_progress.h"
#include "regard/data/parallel_text.h"
#include "regard/tasks/reference_loss.h"
#include "regard/tasks/translate_output.h"

// Encoder-decoders: what they make of sources, held against targets.

namespace regard::cli {
namespace {

// Where the two tasks of pairs differ.
struct PairEvaluation {
  const char* name;
  const char* working;  // "translating"
  std::vector<std::string> metrics;
  bool cuts_sources;  // what is too long is cut, not taken in pieces
};

data::ParallelText read_texts(const EvaluateCommand& command) {
  const data::ParallelFiles files{
      .files = data::match_files(command.files, command.targets, {"FILE", "--target"}),
      .columns = data::parse_columns(command.columns, {"source", "target"})};
  return data::read_parallel(files, interrupted);
}

// What is evaluated, as it was loaded.
struct Evaluated {
  const PairEvaluation& task;
  const EvaluateCommand& command;
  const tasks::Translator& translator;
};

std::vector<std::string> translate(const Evaluated& what, const std::vector<std::string>& sources,
                                   Console& console) {
  const auto& [task, command, translator] = what;
  tasks::TranslateOptions options;
  options.config = translator.generation(command.generation.overrides());
  options.batch_size = command.batch_size;
  options.batch_tokens = command.batch_tokens;
  options.cut_sources = task.cuts_sources;
  options.cancelled = interrupted;
  LateProgress progress(console.progress(task.working, "lines", static_cast<std::int64_t>(sources.size())));
  options.translated = [&](std::size_t done) { progress.update(static_cast<std::int64_t>(done)); };
  std::vector<std::string> texts;
  std::size_t too_long = 0;
  for (const auto& t : translator.translate(sources, console.step_options(), options)) {
    texts.push_back(t.text);
    too_long += t.too_long ? 1 : 0;
  }
  progress.finish();
  if (too_long > 0)
    console.log().warning(fmt::format("{} of {} lines were longer than the model's {} positions and were {}",
                                      too_long, sources.size(), translator.model().max_positions(),
                                      task.cuts_sources ? "cut" : "translated in pieces"));
  return texts;
}

tasks::ReferenceLoss measure(const Evaluated& what, const data::ParallelText& text, Console& console) {
  LateProgress progress(
      console.progress("measuring the loss", "lines", static_cast<std::int64_t>(text.sources.size())));
  const tasks::ReferenceLossOptions options{
      .batch_tokens = what.command.batch_tokens,
      .cut_sources = what.task.cuts_sources,
      .cancelled = interrupted,
      .measured = [&](std::size_t done) { progress.update(static_cast<std::int64_t>(done)); }};
  return tasks::reference_loss(what.translator, {text.sources, text.targets}, console.step_options(),
                               options);
}

void evaluate(const PairEvaluation& task, const EvaluateCommand& command, Console& console) {
  refuse_windows(command);
  refuse_option(command.report, command, "--report");
  std::vector<std::string> names;
  for (const std::string& name : command.metrics.empty() ? task.metrics : command.metrics)
    for (const std::string& one : metrics_named(name)) names.push_back(one);
  for (const std::string& name : names)
    if (needs_labels(name) || name == "perplexity")
      throw UsageError(fmt::format("--metric: found {}, expected a metric of texts for {}", name, task.name));
  command.metric_options.require_used(names);
  std::vector<std::unique_ptr<Metric>> metrics;
  for (const std::string& name : names) metrics.push_back(command.metric_options.make(name));

  const auto translator = tasks::Translator::load(command.model);
  const data::ParallelText text = read_texts(command);
  const Evaluated what{task, command, translator};
  const tasks::ReferenceLoss loss = measure(what, text, console);
  const std::vector<std::string> translations = translate(what, text.sources, console);
  if (!command.output.empty()) {
    AtomicFile file(command.output);
    for (const std::string& line : translations) file.append(tasks::one_line(line) + "\n");
    file.commit();
  }

  Json json{{"task", task.name},        {"segments", text.sources.size()},
            {"loss", loss.per_token()}, {"perplexity", loss.perplexity()},
            {"tokens", loss.tokens},    {"skipped", loss.skipped}};
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    Json one = measured(*metrics[i], {translations, std::span(&text.targets, 1)}, command, console);
    if (!console.json()) console.out().line(line_of(names[i], one));
    json["metrics"][names[i]] = std::move(one);
  }
  if (console.json()) return console.out().line(to_line(json));
  console.out().line(fmt::format("loss {:.4f} nats/token, perplexity {:.3f}, over {} tokens of {} references",
                                 loss.per_token(), loss.perplexity(), loss.tokens,
                                 text.sources.size() - static_cast<std::size_t>(loss.skipped)));
  if (loss.skipped > 0)
    console.log().warning(fmt::format(
        "{} of {} pairs are not in the loss: a side is empty or longer than the model's {} positions",
        loss.skipped, text.sources.size(), translator.model().max_positions()));
}

}  // namespace

void evaluate_translation(const EvaluateCommand& command, Console& console) {
  evaluate({"translation", "translating", {"bleu", "chrf"}, false}, command, console);
}

void evaluate_summarization(const EvaluateCommand& command, Console& console) {
  evaluate({"summarization", "summarizing", {"rouge"}, true}, command, console);
}

}  // namespace regard::cli
