#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "regard/cli/command.h"
#include "regard/tasks/adapted_folder.h"

namespace regard::cli {

// A command with its options and those of every command declared, ready to parse.
struct DeclaredCommand {
  explicit DeclaredCommand(const Command& command);
  DeclaredCommand(const DeclaredCommand&) = delete;  // the options' places are known to `app`
  DeclaredCommand& operator=(const DeclaredCommand&) = delete;

  // After parsing, before the action: with --adapter, MODEL becomes a folder that has both, as long as this
  // lives.
  void take_adapter();

  CLI::App app;
  Globals globals;
  Action action;
  std::string adapter;
  std::unique_ptr<const tasks::AdaptedFolder> adapted;
};

// An option or positional as help, manual pages and completions describe it.
struct OptionDescription {
  std::vector<std::string> names;    // "-h", "--help"; of a positional its one name without dashes
  std::string value;                 // "TEXT", "INT"; empty: it takes none
  std::string range;                 // "INT in [1 - 1024]"; empty: any
  std::vector<std::string> choices;  // where only some words are allowed
  std::string text;
  std::string group;
  bool positional = false, required = false, repeatable = false;
};
// In the order of their declaration, positionals first.
std::vector<OptionDescription> describe(const CLI::App& app);

}  // namespace regard::cli
