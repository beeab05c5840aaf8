#include "regard/cli/classify.h"

#include <fmt/format.h>

#include <memory>

#include "regard/base/error.h"
#include "regard/base/json.h"
#include "regard/cli/input_lines.h"
#include "regard/cli/interrupt.h"
#include "regard/cli/late_progress.h"
#include "regard/tasks/classify.h"

namespace regard::cli {
namespace {

struct ClassifyCommand {
  std::string model;
  std::vector<std::string> files;
  std::int64_t top = 0;
  bool pairs = false;
  tasks::ClassifyOptions options;
};

void print(const tasks::Classifier& classifier, const tasks::Classification& found, std::int64_t top,
           Console& console) {
  const auto best = found.ranked(static_cast<std::size_t>(top));
  const auto& labels = classifier.labels();
  if (console.json()) {
    Json scores = Json::object();
    for (const tasks::ClassScore& one : best) scores[labels[one.label]] = one.score;
    return console.out().line(to_line({{"label", labels[best.front().label]},
                                       {"score", best.front().score},
                                       {"scores", std::move(scores)}}));
  }
  for (const tasks::ClassScore& one : best) {
    console.out().line(fmt::format("{}\t{:.6f}", labels[one.label], one.score));
    if (top == 0) return;
  }
  console.out().line("");
}

TextPair text_of(const std::string& line, const ClassifyCommand& command, std::size_t number) {
  if (!command.pairs) return {line, std::nullopt};
  const std::size_t tab = line.find('\t');
  if (tab == std::string::npos)
    throw InputError(fmt::format("line {}: found no tab, expected two texts with one between", number));
  return {std::string_view(line).substr(0, tab), std::string_view(line).substr(tab + 1)};
}

void run(ClassifyCommand& command, Console& console) {
  console.check_dtype(pass_dtypes);
  const StepOptions step = console.step_options();
  hold_interrupts();
  const auto classifier = tasks::Classifier::load(command.model);
  command.options.cancelled = interrupted;
  InputLines input(command.files);
  LateProgress progress(console.progress("classifying", "lines", 0));
  std::size_t done = 0, cut = 0;
  const auto chunk = static_cast<std::size_t>(command.options.batch_size) * 8;
  for (auto lines = input.take(chunk); !lines.empty(); lines = input.take(chunk)) {
    std::vector<TextPair> texts;
    for (const std::string& line : lines) texts.push_back(text_of(line, command, done + texts.size() + 1));
    for (const auto& found : classifier.classify(texts, step, command.options)) {
      print(classifier, found, command.top, console);
      cut += found.cut ? 1 : 0;
    }
    console.out().flush();
    done += lines.size();
    progress.update(static_cast<std::int64_t>(done));
  }
  progress.finish();
  if (cut > 0)
    console.log().warning(fmt::format("{} of {} texts are longer than the model's {} positions and were cut",
                                      cut, done, classifier.model().max_positions()));
}

}  // namespace

Action declare_classify(CLI::App& app) {
  auto command = std::make_shared<ClassifyCommand>();
  app.add_option("MODEL", command->model, "a checkpoint directory of a model for text classification")
      ->required();
  app.add_option("FILE", command->files, "text, one item a line (- or none: standard input; .gz is read)");
  app.add_option("--top", command->top,
                 "so many labels of each item, best first, a blank line after each item; default: the best "
                 "alone, with --json all")
      ->check(CLI::Range(1, 1 << 20));
  app.add_flag("--pairs", command->pairs, "a line is two texts with a tab between, to be judged together");
  app.add_option("--batch-size", command->options.batch_size, "lines computed together, at most")
      ->check(CLI::Range(1, 1 << 16));
  return [command](Console& console) { run(*command, console); };
}

}  // namespace regard::cli
