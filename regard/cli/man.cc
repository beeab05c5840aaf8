#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/base/suggest.h"
#include "regard/cli/command.h"
#include "regard/cli/manual_page.h"

namespace regard::cli {
namespace {

struct ManCommand {
  std::string command, directory;
};

void write_all(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) throw Error(fmt::format("{}: cannot be made: {}", directory.string(), error.message()));
  write_atomically(directory / "regard.1", manual_page());
  for (const Command& c : commands())
    write_atomically(directory / fmt::format("regard-{}.1", c.name), manual_page(c));
}

}  // namespace

Action declare_man(CLI::App& app) {
  auto command = std::make_shared<ManCommand>();
  app.add_option("COMMAND", command->command, "the command; without one the page of regard itself");
  app.add_option("--directory", command->directory, "write the pages of all commands into this folder");
  return [command](Console& console) {
    if (!command->directory.empty())
      write_all(command->directory);
    else if (command->command.empty())
      console.out().write(manual_page());
    else
      console.out().write(manual_page(find_command(command->command)));
  };
}

}  // namespace regard::cli
