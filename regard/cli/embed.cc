#include "regard/tasks/embed.h"

#include <fmt/format.h>

#include <memory>

#include "regard/cli/command.h"
#include "regard/cli/input_lines.h"
#include "regard/cli/interrupt.h"
#include "regard/cli/late_progress.h"

namespace regard::cli {
namespace {

struct EmbedCommand {
  std::string model;
  std::vector<std::string> files;
  tasks::EmbedOptions options;
};

void run(EmbedCommand& command, Console& console) {
  console.check_dtype(pass_dtypes);
  const StepOptions step = console.step_options();
  hold_interrupts();
  const auto embedder = tasks::Embedder::load(command.model);
  command.options.cancelled = interrupted;
  InputLines input(command.files);
  LateProgress progress(console.progress("embedding", "lines", 0));
  std::size_t done = 0;
  command.options.embedded = [&](std::size_t lines) {
    progress.update(static_cast<std::int64_t>(done + lines));
  };
  // Enough lines to find batches of similar length, few enough that answers come soon.
  const auto chunk = static_cast<std::size_t>(command.options.batch_size) * 32;
  for (auto lines = input.take(chunk); !lines.empty(); lines = input.take(chunk)) {
    for (const auto& vector : embedder.embed(lines, step, command.options))
      console.out().line(console.json() ? fmt::format("{{\"embedding\":[{}]}}", fmt::join(vector, ","))
                                        : fmt::format("{}", fmt::join(vector, " ")));
    console.out().flush();
    done += lines.size();
  }
  progress.finish();
}

}  // namespace

Action declare_embed(CLI::App& app) {
  auto command = std::make_shared<EmbedCommand>();
  app.add_option(
         "MODEL", command->model,
         "a sentence-transformers directory, or a checkpoint directory: then the mean of the tokens' states")
      ->required();
  app.add_option("FILE", command->files, "text, one item a line (- or none: standard input; .gz is read)");
  app.add_option("--batch-size", command->options.batch_size, "lines computed together, at most")
      ->check(CLI::Range(1, 1 << 16));
  return [command](Console& console) { run(*command, console); };
}

}  // namespace regard::cli
