#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <span>
#include <string>

#include "regard/cli/console.h"

// A command is one file and one line in commands.cc: a name, what it is for, examples, and a function that
// declares its options and positionals on an app and gives back what to run once they are parsed. The options
// live in what it gives back:
//
//   Action declare_score(CLI::App& app) {
//     auto options = std::make_shared<ScoreOptions>();
//     app.add_option("--reference", options->references, "...")->allow_extra_args(false);
//     return [options](Console& console) { ... };
//   }
//
// An option that takes several values must be given several times (allow_extra_args(false)), or it would
// swallow the positional that follows it. Every long option can also stand in the environment (--beam is
// REGARD_BEAM) and in the file of --options, without doing of its own. Failures are exceptions
// (regard/base/error.h); their class is the exit code.

namespace regard::cli {

using Action = std::function<void(Console&)>;

struct Command {
  const char* name;
  const char* summary;
  const char* examples;  // one a line
  Action (*declare)(CLI::App& app);
};

std::span<const Command> commands();
// UsageError where there is none of that name.
const Command& find_command(const std::string& name);

Action declare_bench(CLI::App& app);
Action declare_completion(CLI::App& app);
Action declare_demo(CLI::App& app);
Action declare_detokenize(CLI::App& app);
Action declare_embed(CLI::App& app);
Action declare_evaluate(CLI::App& app);
Action declare_fill_mask(CLI::App& app);
Action declare_forward(CLI::App& app);
Action declare_generate(CLI::App& app);
Action declare_info(CLI::App& app);
Action declare_man(CLI::App& app);
Action declare_plot(CLI::App& app);
Action declare_quantize(CLI::App& app);
Action declare_score(CLI::App& app);
Action declare_tokenize(CLI::App& app);
Action declare_train(CLI::App& app);
Action declare_translate(CLI::App& app);
Action declare_summarize(CLI::App& app);

}  // namespace regard::cli
