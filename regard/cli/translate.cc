#include "regard/tasks/translate.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <optional>

#include "regard/base/error.h"
#include "regard/cli/command.h"
#include "regard/cli/generation_options.h"
#include "regard/cli/input_lines.h"
#include "regard/cli/interrupt.h"

namespace regard::cli {
namespace {

struct TranslateCommand {
  std::string model;
  std::vector<std::string> files;
  GenerationOptions generation;
  std::int64_t batch_size = 32;
  std::int64_t batch_tokens = 4096;
  bool attention = false;
  bool alignment = false;
};

void run(const TranslateCommand& command, Console& console) {
  console.dtype({DType::f32});
  if ((command.attention || command.alignment) && !console.json())
    throw UsageError("--attention and --alignment: they are keys of --json, which is not given");
  hold_interrupts();
  const auto translator = tasks::Translator::load(command.model);
  tasks::TranslateOptions options;
  options.config = translator.generation(command.generation.overrides());
  options.batch_size = command.batch_size;
  options.batch_tokens = command.batch_tokens;
  options.cancelled = interrupted;
  if (command.attention)
    options.explain = tasks::Explain::attention;
  else if (command.alignment)
    options.explain = tasks::Explain::alignment;

  InputLines input(command.files);
  ProgressOptions shown = console.progress("translating", "lines", 0);
  // On a terminal the answers are the progress.
  if (isatty(STDOUT_FILENO) == 1) shown.sink = {};
  std::optional<Progress> progress;  // of what takes longer than a moment
  const auto begin = std::chrono::steady_clock::now();
  std::size_t done = 0;
  std::size_t truncated = 0;
  options.translated = [&](std::size_t lines) {
    if (!progress && std::chrono::steady_clock::now() - begin > std::chrono::seconds(3))
      progress.emplace(shown);
    if (progress) progress->update(static_cast<std::int64_t>(done + lines));
  };
  // Enough lines to find batches of similar length, few enough that answers come soon.
  const auto chunk = static_cast<std::size_t>(command.batch_size) * 16;
  for (auto lines = input.take(chunk); !lines.empty(); lines = input.take(chunk)) {
    const auto translations = translator.translate(lines, console.step_options(), options);
    for (const tasks::Translation& t : translations) {
      console.out().line(console.json() ? to_line(tasks::to_json(t)) : tasks::one_line(t.text));
      truncated += t.truncated ? 1 : 0;
    }
    console.out().flush();
    done += lines.size();
  }
  progress.reset();
  if (truncated > 0)
    console.log().warning(fmt::format("{} of {} lines were longer than the model's {} positions and were cut",
                                      truncated, done, translator.model().max_positions()));
}

}  // namespace

Action declare_translate(CLI::App& app) {
  auto command = std::make_shared<TranslateCommand>();
  app.add_option("MODEL", command->model, "a checkpoint directory")->required();
  app.add_option("FILE", command->files, "text, one item a line (- or none: standard input; .gz is read)");
  command->generation.declare(app);
  app.add_option("--batch-size", command->batch_size, "lines translated together, at most")
      ->check(CLI::Range(1, 1 << 16));
  app.add_option("--batch-tokens", command->batch_tokens, "lines x the longest one's tokens, at most")
      ->check(CLI::Range(1, 1 << 30));
  app.add_flag("--alignment", command->alignment,
               "with --json: for each token the source token it looked at");
  app.add_flag("--attention", command->attention,
               "with --json: cross-attention [layer][head][token][source]");
  return [command](Console& console) { run(*command, console); };
}

}  // namespace regard::cli
