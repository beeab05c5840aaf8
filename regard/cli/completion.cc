#include <memory>

#include "regard/base/file.h"
#include "regard/cli/command.h"
#include "regard/cli/completion_script.h"

namespace regard::cli {
namespace {

struct CompletionCommand {
  std::string shell, file;
};

}  // namespace

Action declare_completion(CLI::App& app) {
  auto command = std::make_shared<CompletionCommand>();
  app.add_option("SHELL", command->shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  app.add_option("--file", command->file, "write it there, in place of standard output");
  return [command](Console& console) {
    const std::string script = completion_script(command->shell == "bash"  ? Shell::bash
                                                 : command->shell == "zsh" ? Shell::zsh
                                                                           : Shell::fish);
    if (command->file.empty())
      console.out().write(script);
    else
      write_atomically(command->file, script);
  };
}

}  // namespace regard::cli
