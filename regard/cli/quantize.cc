#include <fmt/format.h>

#include "regard/base/error.h"
#include "regard/base/json.h"
#include "regard/cli/command.h"
#include "regard/tasks/quantize.h"

namespace regard::cli {
namespace {

struct QuantizeCommand {
  std::string model, output, weights = "int8";
};

void run(const QuantizeCommand& command, Console& console) {
  console.check_dtype(f32_alone);
  if (command.weights != "int8")
    throw UsageError(fmt::format("--weights: found '{}', expected int8", command.weights));
  const StepOptions step = console.step_options();
  const tasks::QuantizeResult result =
      tasks::quantize(command.model, command.output, {step.threads, step.level, Device::cpu()});
  if (console.json())
    return console.out().line(to_line({{"output", command.output},
                                       {"quantized", result.quantized},
                                       {"others", result.others},
                                       {"bytes", result.bytes},
                                       {"bytes_before", result.bytes_before}}));
  console.log().info(fmt::format("{}: {} of {} weights in int8, {:.1f} MB of {:.1f} MB", command.output,
                                 result.quantized.size(), result.quantized.size() + result.others.size(),
                                 static_cast<double>(result.bytes) * 1e-6,
                                 static_cast<double>(result.bytes_before) * 1e-6));
}

}  // namespace

Action declare_quantize(CLI::App& app) {
  auto command = std::make_shared<QuantizeCommand>();
  app.add_option("MODEL", command->model, "a checkpoint directory")->required();
  app.add_option("OUT", command->output, "the folder for the quantized one")->required();
  app.add_option("--weights", command->weights,
                 "what the weights of linear layers become: int8, the default");
  return [command](Console& console) { run(*command, console); };
}

}  // namespace regard::cli
