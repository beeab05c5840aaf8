#include <fmt/format.h>

#include <algorithm>

#include "regard/base/error.h"
#include "regard/cli/evaluate_command.h"
#include "regard/cli/evaluate_scores.h"
#include "regard/cli/interrupt.h"
#include "regard/metrics/correlation.h"
#include "regard/tasks/classification_examples.h"
#include "regard/tasks/classify.h"

// Models that label texts.

namespace regard::cli {
namespace {

const std::string between_labels = "\x1f";  // no label holds it

std::vector<std::string> names_of(const EvaluateCommand& command, const std::vector<std::string>& usual) {
  std::vector<std::string> names = command.metrics.empty() ? usual : command.metrics;
  command.metric_options.require_used(names);
  for (const std::string& name : names)
    if (!needs_labels(name) || name == "entity-f1")
      throw UsageError(
          fmt::format("--metric: found {}, expected accuracy, f1 or matthews for {}", name, command.task));
  return names;
}

// The values of a regression have measures of their own.
struct Values {
  std::vector<double> found, expected;
};
struct Correlation {
  const char* name;
  double (*measure)(const NumberPairs& pairs);
};
constexpr Correlation correlations[] = {{"pearson", pearson_correlation}, {"spearman", spearman_correlation}};

void print_regression(const Values& values, const EvaluateCommand& command, Console& console) {
  refuse_option(!command.metrics.empty(), command, "--metric (of values)");
  refuse_option(command.report, command, "--report (of values)");
  refuse_option(!command.output.empty(), command, "--output (of values)");
  const NumberPairs pairs{values.found, values.expected};
  const double squared = mean_squared_error(pairs), absolute = mean_absolute_error(pairs);
  Json json{{"task", command.task},
            {"segments", values.found.size()},
            {"mean_squared_error", squared},
            {"mean_absolute_error", absolute}};
  for (const auto& [name, measure] : correlations) {
    Json one{{"score", 100 * measure(pairs)}};
    std::string interval;
    if (command.confidence) {
      const Confidence c = confidence_of(bootstrap_pairs(pairs, measure, {.threads = &console.threads()}));
      one["confidence"] = {{"low", 100 * c.low}, {"mid", 100 * c.median}, {"high", 100 * c.high}};
      interval = fmt::format(" ({:.2f} ± {:.2f})", 100 * c.mean, 100 * c.half_width());
    }
    if (!console.json())
      console.out().line(fmt::format("{} {:.2f}{}", name, one["score"].get<double>(), interval));
    json["metrics"][name] = std::move(one);
  }
  if (console.json()) return console.out().line(to_line(json));
  console.out().line(fmt::format("mean squared error {:.4f}, mean absolute error {:.4f}", squared, absolute));
}

models::ProblemType problem_of(const tasks::Classifier& classifier) {
  switch (classifier.scores()) {
    case tasks::Classifier::Scores::values:
      return models::ProblemType::regression;
    case tasks::Classifier::Scores::independent:
      return models::ProblemType::multi_label;
    case tasks::Classifier::Scores::exclusive:
      break;
  }
  return models::ProblemType::single_label;
}

std::string said_by(const tasks::Classifier& classifier, const tasks::Classification& found) {
  if (classifier.scores() == tasks::Classifier::Scores::exclusive)
    return classifier.labels()[found.ranked(1).front().label];
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < found.scores.size(); ++i)
    if (found.scores[i] > 0.5) labels.push_back(classifier.labels()[i]);
  return fmt::format("{}", fmt::join(labels, between_labels));
}

std::vector<tasks::LabeledText> read_texts(const EvaluateCommand& command, models::ProblemType problem) {
  data::RecordFormat format = tasks::classification_format();
  data::set_columns(format, command.columns);
  tasks::BadExamples bad(false);
  std::vector<tasks::LabeledText> texts =
      tasks::read_labeled_texts({command.files.begin(), command.files.end()}, format, bad, interrupted);
  tasks::take_labels(texts, problem, bad);
  return texts;
}

std::vector<tasks::Classification> classify(const tasks::Classifier& classifier,
                                            const std::vector<tasks::LabeledText>& texts,
                                            const EvaluateCommand& command, Console& console) {
  std::vector<TextPair> pairs;
  for (const tasks::LabeledText& text : texts)
    pairs.push_back({text.text, text.second ? std::optional<std::string_view>(*text.second) : std::nullopt});
  const tasks::ClassifyOptions how{.batch_size = command.batch_size, .cancelled = interrupted};
  auto found = classifier.classify(pairs, console.step_options(), how);
  const auto cut = std::count_if(found.begin(), found.end(), [](const auto& one) { return one.cut; });
  if (cut > 0)
    console.log().warning(fmt::format("{} of {} texts are longer than the model's {} positions and were cut",
                                      cut, found.size(), classifier.model().max_positions()));
  return found;
}

}  // namespace

void evaluate_text_classification(const EvaluateCommand& command, Console& console) {
  refuse_decoding(command);
  const auto classifier = tasks::Classifier::load(command.model);
  const models::ProblemType problem = problem_of(classifier);
  const bool several = problem == models::ProblemType::multi_label;
  const bool values = problem == models::ProblemType::regression;
  std::vector<std::string> names;
  if (several) names = names_of(command, {"accuracy", "f1"});
  if (!several && !values) names = names_of(command, {"accuracy", "f1", "matthews"});
  const std::vector<tasks::LabeledText> texts = read_texts(command, problem);
  const auto found = classify(classifier, texts, command, console);
  if (values) {
    Values pairs;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      pairs.found.push_back(found[i].scores.front());
      pairs.expected.push_back(texts[i].value);
    }
    return print_regression(pairs, command, console);
  }
  Said said;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    said.found.push_back(said_by(classifier, found[i]));
    said.expected.push_back(fmt::format("{}", fmt::join(texts[i].labels, between_labels)));
  }
  const std::vector<std::vector<std::string>> lines{said.found, said.expected};
  Measures measures{names, {}};
  for (const std::string& name : names)
    measures.metrics.push_back(
        command.metric_options.make(name, lines, {.separator = several ? between_labels : ""}));
  print_measures(measures, said, command, console);
}

}  // namespace regard::cli
