#include "regard/tasks/forward.h"

#include <memory>

#include "regard/base/error.h"
#include "regard/base/json.h"
#include "regard/cli/command.h"
#include "regard/models/registry.h"

namespace regard::cli {
namespace {

struct ForwardCommand {
  std::string model, inputs, outputs, config;
  bool hidden_states = false;
  bool attentions = false;
  std::vector<std::string> gradients;
};

// NAME,NAME,...
std::vector<std::string> names_in(const std::vector<std::string>& lists) {
  std::vector<std::string> names;
  for (const std::string& list : lists)
    for (std::size_t begin = 0; begin <= list.size();) {
      const std::size_t end = std::min(list.find(',', begin), list.size());
      if (end > begin) names.push_back(list.substr(begin, end - begin));
      begin = end + 1;
    }
  return names;
}

void check_config(const std::string& text) {
  if (text.empty()) return;
  Json config;
  try {
    config = parse_json(text, "--config");
  } catch (const InputError& error) {
    throw UsageError(error.what());
  }
  if (!config.is_object()) throw UsageError("--config: expected a JSON object");
  if (!config.empty())
    throw UsageError("--config: no argument '" + config.begin().key() + "': models of this family take none");
}

void run(const ForwardCommand& command, Console& console) {
  console.check_dtype(pass_dtypes);
  const StepOptions step = console.step_options();
  check_config(command.config);
  if (step.weights == kernels::WeightFormat::int8 && !command.gradients.empty())
    throw UsageError("--dtype: found 'int8', expected f32, bf16 or f64: rounded to int8 it has no gradients");
  const auto model = models::load(command.model);
  const SafetensorsFile file(command.inputs);
  tasks::NamedTensors inputs;
  for (const TensorInfo& info : file.tensors()) inputs[info.name] = file.tensor(info.name);
  tasks::ForwardOptions options;
  if (command.hidden_states) options.hidden_states = tasks::Inside::wanted;
  if (command.attentions) options.attentions = tasks::Inside::wanted;
  options.gradients = names_in(command.gradients);
  const auto outputs = tasks::forward(*model, step, inputs, options);
  write_safetensors(command.outputs, outputs);
}

}  // namespace

Action declare_forward(CLI::App& app) {
  auto command = std::make_shared<ForwardCommand>();
  app.add_option("MODEL", command->model, "a checkpoint directory")->required();
  app.add_option("--inputs", command->inputs, "a .safetensors file: input_ids, attention_mask, ...")
      ->required();
  app.add_option("--outputs", command->outputs, "the .safetensors file to write: logits, ...")->required();
  app.add_flag("--hidden-states", command->hidden_states, "also encoder_hidden_states.i, ...");
  app.add_flag("--attentions", command->attentions, "also encoder_attentions.i, cross_attentions.i, ...");
  app.add_option("--gradients", command->gradients, "also gradient.NAME of these parameters; needs labels")
      ->allow_extra_args(false);
  app.add_option("--config", command->config, "further arguments of the model's forward, as JSON");
  return [command](Console& console) { run(*command, console); };
}

}  // namespace regard::cli
