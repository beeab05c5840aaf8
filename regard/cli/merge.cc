#include "regard/cli/merge.h"

#include <fmt/format.h>

#include <memory>

#include "regard/base/error.h"
#include "regard/models/adapter.h"
#include "regard/models/registry.h"
#include "regard/tasks/training_run.h"

namespace regard::cli {
namespace {

struct MergeCommand {
  std::string model, adapter, output;
};

void run(const MergeCommand& command, Console& console) {
  namespace fs = std::filesystem;
  const fs::path output(command.output);
  if (fs::exists(output / "config.json"))
    throw UsageError(fmt::format("{}: found a model there, expected a new folder", command.output));
  const auto model = models::load_with_adapter(command.model, command.adapter);
  models::save(*model, output);
  tasks::copy_tokenizer(command.model, output);
  tasks::copy_tokenizer(command.adapter, output);  // where it has its own
  console.log().info(fmt::format("{}: the adapter is merged into the weights", command.output));
}

}  // namespace

Action declare_merge(CLI::App& app) {
  auto command = std::make_shared<MergeCommand>();
  app.add_option("MODEL", command->model, "the checkpoint directory that the adapter was trained on")
      ->required();
  app.add_option("ADAPTER", command->adapter,
                 "a folder of PEFT with adapter_config.json and adapter_model.safetensors (LoRA)")
      ->required();
  app.add_option("OUTPUT", command->output, "the folder for the merged checkpoint")->required();
  return [command](Console& console) { run(*command, console); };
}

}  // namespace regard::cli
