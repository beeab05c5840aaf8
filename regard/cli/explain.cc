#include "regard/cli/explain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/base/version.h"
#include "regard/cli/input_lines.h"
#include "regard/cli/interrupt.h"
#include "regard/cli/late_progress.h"
#include "regard/explain/page.h"

namespace regard::cli {
namespace {

using explain::ValueChange;

std::vector<explain::ValueChoice> reads_of(const ExplainCommand& command) {
  std::vector<explain::ValueChoice> reads;
  for (const std::string& text : command.reads) reads.push_back(explain::value_choice(text));
  return reads;
}

std::vector<ValueChange> changes_of(const ExplainCommand& command) {
  std::vector<ValueChange> changes;
  for (const std::string& text : command.ablated)
    changes.push_back({explain::value_choice(text), ValueChange::Kind::set, 0});
  for (const std::string& text : command.sets)
    changes.push_back(explain::value_change(ValueChange::Kind::set, text));
  for (const std::string& text : command.scales)
    changes.push_back(explain::value_change(ValueChange::Kind::scale, text));
  return changes;
}

void list_values(const tasks::Explainer& explainer, const StepOptions& step, Console& console) {
  explain::NameProbe probe;
  StepOptions probing = step;
  probing.probe = &probe;
  explainer.run_shortest(probing);
  for (const std::string& name : probe.names()) {
    const explain::NamedKind* kind = explain::kind_of(name);
    const std::string_view axes = kind != nullptr ? kind->axes : "",
                           meaning = kind != nullptr ? kind->meaning : "";
    if (console.json())
      console.out().line(to_line({{"name", name}, {"axes", axes}, {"meaning", meaning}}));
    else
      console.out().line(fmt::format("{:<46} [{}]  {}", name, axes, meaning));
  }
}

Json nested(const Tensor& value) {
  const std::vector<double> all = value.to_doubles();
  std::size_t at = 0;
  const auto level = [&](const auto& self, int axis) -> Json {
    if (axis == value.rank()) return all[at++];
    Json list = Json::array();
    for (std::int64_t i = 0; i < value.size(axis); ++i) list.push_back(self(self, axis + 1));
    return list;
  };
  return level(level, 0);
}

// The values as rows of numbers, a blank line after each block of them.
void print_value(const explain::ReadValue& read, Console& console) {
  if (console.json())
    return console.out().line(to_line({{"name", read.name}, {"values", nested(read.value)}}));
  console.out().line(fmt::format("{} {}", read.name, read.value.shape().to_string()));
  const std::vector<double> all = read.value.to_doubles();
  const int rank = read.value.rank();
  const auto width = static_cast<std::size_t>(rank == 0 ? 1 : read.value.size(rank - 1));
  for (std::size_t i = 0; i + width <= all.size() && width > 0; i += width)
    console.out().line(
        fmt::format("{:.6g}", fmt::join(all.begin() + static_cast<std::ptrdiff_t>(i),
                                        all.begin() + static_cast<std::ptrdiff_t>(i + width), " ")));
  console.out().line("");
}

void read_values(const ExplainCommand& command, const tasks::Explainer& explainer, const StepOptions& step,
                 Console& console) {
  explain::ValueProbe probe(reads_of(command), changes_of(command));
  StepOptions probing = step;
  probing.probe = &probe;
  explainer.run(command.text, probing, command.options);
  probe.check_found();
  if (command.output.empty()) {
    for (const explain::ReadValue& read : probe.values()) print_value(read, console);
    return;
  }
  std::vector<NamedTensor> tensors;
  for (const explain::ReadValue& read : probe.values()) tensors.push_back({read.name, read.value});
  write_safetensors(command.output, tensors);
}

void summarize_heads(ExplainCommand& command, const tasks::Explainer& explainer, const StepOptions& step,
                     Console& console) {
  command.options.attributions = command.options.importance = command.options.lens = false;
  InputLines input({command.file});
  LateProgress progress(console.progress("explaining", "lines", 0));
  HeadReport report;
  for (auto lines = input.take(16); !lines.empty(); lines = input.take(16)) {
    for (const std::string& line : lines)
      if (!line.empty()) report.add(explainer.explain(line, step, command.options));
    progress.update(report.texts);
  }
  progress.finish();
  print_heads(report, console);
}

struct Explained {
  const tasks::Explainer& explainer;
  const explain::Explanation& first;
};

// The text, the further texts, and all of them by the other model.
void write_page(const ExplainCommand& command, const Explained& made, const StepOptions& step) {
  const auto name = [](const std::string& folder) {
    const std::filesystem::path path = std::filesystem::weakly_canonical(folder);
    return path.filename().string();
  };
  const std::string own = command.beside.empty() ? "" : name(command.model);
  explain::Page page{fmt::format("{} explained", name(command.model)),
                     fmt::format("{}, by Regard {}.", made.first.task, version()),
                     {{own, made.first}}};
  for (const std::string& text : command.more_texts)
    page.examples.push_back({own, made.explainer.explain(text, step, command.options)});
  if (!command.beside.empty()) {
    const auto other = tasks::Explainer::load(command.beside);
    page.examples.push_back({name(command.beside), other.explain(command.text, step, command.options)});
    for (const std::string& text : command.more_texts)
      page.examples.push_back({name(command.beside), other.explain(text, step, command.options)});
  }
  write_atomically(command.html, html_page(page));
}

void check(const ExplainCommand& command, const Console& console) {
  if (command.html.empty() && !(command.beside.empty() && command.more_texts.empty()))
    throw UsageError("--beside and --text: they stand on a page, expected --html with them");
  const bool text = !command.text.empty();
  if (command.probes && (text || !command.file.empty()))
    throw UsageError("--probes: found a text too, expected the model alone");
  if (command.probes) return;
  if (text == !command.file.empty())
    throw UsageError(text ? "TEXT and --file: found both, expected one of them"
                          : "TEXT: it is missing (or --file, or --probes)");
  if (!command.output.empty() && command.reads.empty())
    throw UsageError("--output: expected --read with it, which says what is written");
  if (!command.neurons.empty() && command.html.empty() && !console.json())
    throw UsageError("--neurons: expected --html or --json with it");
  if (!command.svg_attention.empty() && command.svg.empty())
    throw UsageError("--svg-attention: expected --svg with it, the file");
  if (!command.file.empty() && (!(command.html + command.svg).empty() || !command.neurons.empty()))
    throw UsageError("--file: it gives a summary of the heads, without --html, --svg and --neurons");
}

void run(ExplainCommand& command, Console& console) {
  console.check_dtype(pass_dtypes);
  check(command, console);
  for (const std::string& name : command.methods) command.options.methods.push_back(explain::method_of(name));
  if (command.measure == "logit") command.options.measure = explain::Quantity::Measure::logit;
  if (command.measure == "log-probability")
    command.options.measure = explain::Quantity::Measure::log_probability;
  reads_of(command);
  for (const std::string& text : command.neurons)
    command.options.neurons.push_back(explain::value_choice(text));
  std::optional<explain::ValueChoice> drawn;
  if (!command.svg_attention.empty()) drawn = explain::value_choice(command.svg_attention);
  command.options.changes = changes_of(command);
  const StepOptions step = console.step_options();
  hold_interrupts();
  command.options.attribution.cancelled = interrupted;
  const auto explainer = tasks::Explainer::load(command.model);
  if (command.probes) return list_values(explainer, step, console);
  if (!command.reads.empty()) return read_values(command, explainer, step, console);
  if (!command.file.empty()) return summarize_heads(command, explainer, step, console);
  const explain::Explanation made = explainer.explain(command.text, step, command.options);
  if (!command.html.empty()) write_page(command, {explainer, made}, step);
  if (!command.svg.empty())
    write_atomically(command.svg, drawn ? attention_svg(made, *drawn) : attribution_svg(made));
  if (console.json())
    console.out().line(to_line(to_json(
        made, command.with_attention ? explain::JsonAttention::lists : explain::JsonAttention::left_out)));
  else if (command.svg.empty() && command.html.empty())
    print_explanation(made, console);
}

}  // namespace

Action declare_explain(CLI::App& app) {
  auto command = std::make_shared<ExplainCommand>();
  tasks::ExplainOptions& options = command->options;
  const auto list = [&](const char* name, std::vector<std::string>& to, const char* help) {
    app.add_option(name, to, help)->allow_extra_args(false);
  };
  app.add_option("MODEL", command->model, "a checkpoint directory of any kind of model")->required();
  app.add_option("TEXT", command->text,
                 "what the model is given; two texts with a tab between where it reads two");
  app.add_option(
      "--target", options.target,
      "what is explained: a label, a continuation, a translation, an answer; default: the model's own");
  app.add_option("--contrast", options.contrast, "why the target and not this: the difference is explained");
  list("--method", command->methods,
       "once for each: integrated-gradients, gradient-x-input, smooth-gradient, attention-gradient, "
       "occlusion; "
       "default: the first, or the second for several answers");
  app.add_option("--measure", command->measure, "the number: logit, or log-probability; default: as docs say")
      ->check(CLI::IsMember({"logit", "log-probability"}));
  app.add_option("--steps", options.attribution.steps, "of integrated gradients; default: 50")
      ->check(CLI::Range(1, 10000));
  app.add_option("--top", options.top, "so many candidates of each answer; default: 5")
      ->check(CLI::Range(1, 1000));
  app.add_option("--written", options.written,
                 "tokens that a decoder writes where no target is given; default: 1")
      ->check(CLI::Range(1, 1000));
  app.add_flag("--faithfulness", options.faithfulness,
               "whether attributions are true: deletion and insertion, comprehensiveness and sufficiency");
  app.add_option("--html", command->html,
                 "write a page to open in a browser, one file that needs no network, in place of printing");
  list("--text", command->more_texts, "a further text on that page");
  app.add_option("--beside", command->beside, "another model on that page, with the same texts");
  app.add_option("--svg", command->svg, "write the attributions as an SVG file, in place of printing them");
  app.add_option("--svg-attention", command->svg_attention,
                 "draw a head's attention instead: encoder.block.3.attention:heads=2; of several small maps");
  app.add_flag("--attention", command->with_attention, "with --json: the weights of every head too");
  list("--neurons", command->neurons,
       "with --html or --json: queries and keys of chosen heads, e.g. encoder.block.3.attention:heads=2,5");
  app.add_option("--file", command->file,
                 "a file of texts, one a line, in place of TEXT: what every head looks at, over all of them");
  app.add_flag("--probes", command->probes, "list the values inside the model that have a name");
  list("--read", command->reads, "print a value, e.g. 'encoder.block.*.attention.weights:heads=2:rows=0-8'");
  app.add_option("--output", command->output, "write what is read as a .safetensors file");
  list("--ablate", command->ablated, "give the answers with a value made 0, e.g. ...attention.heads:heads=2");
  list("--set", command->sets, "the same with a number of your own: NAME:heads=2=0.5");
  list("--scale", command->scales, "the same with a value multiplied: NAME=0.5");
  return [command](Console& console) { run(*command, console); };
}

}  // namespace regard::cli
