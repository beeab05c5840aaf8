#include "regard/tasks/fill_mask.h"

#include <fmt/format.h>

#include <memory>

#include "regard/base/json.h"
#include "regard/cli/command.h"
#include "regard/cli/input_lines.h"
#include "regard/cli/interrupt.h"

namespace regard::cli {
namespace {

struct FillMaskCommand {
  std::string model;
  std::vector<std::string> files;
  std::int64_t top = 0;
  tasks::FillMaskOptions options;
};

Json json_of(const tasks::FilledLine& line) {
  Json candidates = Json::array();
  const bool several = !line.candidates.empty() && line.candidates.back().mask > 0;
  for (const tasks::MaskCandidate& c : line.candidates) {
    candidates.push_back({{"token", c.token}, {"score", c.score}, {"text", c.text}});
    if (several) candidates.back()["mask"] = c.mask;
  }
  return {{"candidates", candidates}};
}

void print(const tasks::FilledLine& line, bool all, Console& console) {
  if (console.json()) return console.out().line(to_line(json_of(line)));
  if (!all) return console.out().line(line.text);
  for (const tasks::MaskCandidate& c : line.candidates)
    console.out().line(fmt::format("{}\t{:.6f}\t{}", c.token, c.score, c.text));
  console.out().line("");
}

void run(FillMaskCommand& command, Console& console) {
  console.check_dtype(pass_dtypes);
  const StepOptions step = console.step_options();
  hold_interrupts();
  const auto filler = tasks::MaskFiller::load(command.model);
  command.options.cancelled = interrupted;
  command.options.top = command.top > 0 ? command.top : console.json() ? 5 : 1;
  InputLines input(command.files);
  std::size_t done = 0;
  const auto chunk = static_cast<std::size_t>(command.options.batch_size) * 4;
  for (auto lines = input.take(chunk); !lines.empty(); lines = input.take(chunk)) {
    for (const tasks::FilledLine& line : filler.fill(lines, step, command.options, done + 1))
      print(line, command.top > 0, console);
    console.out().flush();
    done += lines.size();
  }
}

}  // namespace

Action declare_fill_mask(CLI::App& app) {
  auto command = std::make_shared<FillMaskCommand>();
  app.add_option("MODEL", command->model, "a checkpoint directory of a masked language model")->required();
  app.add_option(
      "FILE", command->files,
      "text, one item a line, with the model's mask token ([MASK], <mask>) where a token is missing (- or "
      "none: standard input; .gz is read)");
  app.add_option(
         "--top", command->top,
         "so many candidates of each mask: TOKEN TAB PROBABILITY TAB LINE, a blank line after each item; "
         "default: the best line alone, with --json 5")
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--batch-size", command->options.batch_size, "lines computed together, at most")
      ->check(CLI::Range(1, 1 << 16));
  return [command](Console& console) { run(*command, console); };
}

}  // namespace regard::cli
