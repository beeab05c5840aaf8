#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

namespace regard::cli {

// The name of the command among a program's arguments (without the program's own name): the first that is no
// option and no value of a global option. It is taken out of `arguments`. Nothing where there is none.
std::optional<std::string> take_command(std::vector<std::string>& arguments);

// Adds to `arguments` the options of `app` that they do not hold but the environment (REGARD_MAX_LENGTH for
// --max-length) or the file of --options does, in that order of preference. The file is a JSON object of
// option names without dashes: {"beam": 5, "set": ["a=1", "b=2"], "json": true}. InputError: the file is
// bad; UsageError: it names an option that the command does not have.
void add_defaults(const CLI::App& app, std::vector<std::string>& arguments);

// The long names of an app's options, with their dashes.
std::vector<std::string> long_options(const CLI::App& app);

}  // namespace regard::cli
