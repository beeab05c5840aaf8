#include "regard/cli/declaration.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace regard::cli {
namespace {

void add_globals(CLI::App& app, Globals& globals) {
  const char* group = "Options of every command";
  app.add_option("--threads", globals.threads, "threads to use; default: what the system grants")
      ->check(CLI::Range(1, 1024))
      ->group(group);
  app.add_option("--device", globals.device, "cpu")->group(group);
  app.add_option("--dtype", globals.dtype,
                 "type to compute in: f32; bf16 or int8 for the weights of products; forward, embed and "
                 "fill-mask also "
                 "f64; default: f32, or int8 for a model that is kept so")
      ->group(group);
  app.add_flag("--json", globals.json, "one JSON object a line on standard output")->group(group);
  app.add_option("--options", globals.options, "a JSON file with options by name, e.g. {\"beam\": 5}")
      ->group(group);
  app.add_flag("--quiet", globals.quiet, "no progress and no notes, only warnings and errors")->group(group);
  app.add_option("--log-level", globals.log_level, "debug, info, warning or error")->group(group);
  app.add_flag("--version", globals.version, "the version")->group(group);
}

// Those that ask a model something.
bool runs_a_model(const Command& command) {
  constexpr std::array<std::string_view, 11> names{"translate", "summarize", "generate", "fill-mask",
                                                   "classify",  "tag",       "answer",   "embed",
                                                   "evaluate",  "forward",   "explain"};
  return std::find(names.begin(), names.end(), command.name) != names.end();
}

// "{bash,zsh,fish}" as CLI11 describes its check for membership.
std::vector<std::string> choices_in(const std::string& range) {
  std::vector<std::string> choices;
  if (range.size() < 3 || range.front() != '{' || range.back() != '}') return choices;
  for (std::size_t begin = 1; begin < range.size();) {
    const std::size_t end = std::min(range.find(',', begin), range.size() - 1);
    choices.push_back(range.substr(begin, end - begin));
    begin = end + 1;
  }
  return choices;
}

}  // namespace

DeclaredCommand::DeclaredCommand(const Command& command)
    : app("", fmt::format("regard {}", command.name)), action(command.declare(app)) {
  if (runs_a_model(command))
    app.add_option("--adapter", adapter, "a folder of PEFT (LoRA) whose corrections are added to MODEL");
  add_globals(app, globals);
}

void DeclaredCommand::take_adapter() {
  if (adapter.empty()) return;
  CLI::Option* model = app.get_option("MODEL");
  adapted = std::make_unique<const tasks::AdaptedFolder>(model->as<std::string>(), adapter);
  model->clear();
  model->add_result(adapted->path().string());
  model->run_callback();
}

std::vector<OptionDescription> describe(const CLI::App& app) {
  std::vector<OptionDescription> list;
  for (const CLI::Option* option : app.get_options()) {
    OptionDescription d;
    d.positional = option->get_positional();
    if (d.positional) d.names.push_back(option->get_name());
    for (const std::string& name : option->get_snames()) d.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) d.names.push_back("--" + name);
    if (option->get_expected_max() > 0) {
      const std::string type = option->get_type_name();
      const std::size_t colon = type.find(':');
      d.value = type.substr(0, colon);
      if (colon != std::string::npos) d.range = type.substr(colon + 1);
      d.choices = choices_in(d.range);
    }
    d.text = option->get_description();
    d.group = option->get_group();
    d.required = option->get_required();
    d.repeatable = option->get_expected_max() > 1;
    list.push_back(std::move(d));
  }
  std::stable_partition(list.begin(), list.end(), [](const OptionDescription& d) { return d.positional; });
  return list;
}

}  // namespace regard::cli
