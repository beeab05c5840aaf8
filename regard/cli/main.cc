#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <system_error>
#include <vector>

#include "regard/base/error.h"
#include "regard/base/suggest.h"
#include "regard/base/version.h"
#include "regard/cli/arguments.h"
#include "regard/cli/command.h"
#include "regard/cli/declaration.h"
#include "regard/cli/interrupt.h"
#include "regard/cli/memory.h"

namespace regard::cli {
namespace {

enum Exit : int { done = 0, failed = 1, wrong_usage = 2, bad_input = 3, interrupted_by_user = 130 };

void say(const std::string& message) {
  const std::string line = "regard: " + message + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

// A closed standard descriptor would be given to the next file that is opened, and messages written into it.
// Standard output is held open for reading only, so that writing to it still fails.
void hold_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(fd, F_GETFD) == -1 && errno == EBADF)
      if (open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_RDWR) != fd) return;
}

void ignore_signals() {
  std::signal(SIGPIPE, SIG_IGN);  // a write then fails with EPIPE, which is handled
  std::signal(SIGXFSZ, SIG_IGN);  // likewise EFBIG
}

std::string indented(const std::string& lines) {
  std::string text = "  ";
  for (const char c : lines) {
    text += c;
    if (c == '\n') text += "  ";
  }
  return text;
}

std::string general_help() {
  std::string text =
      fmt::format("regard {}: trains, runs and explains Transformers\n\nExamples:\n", version());
  text += indented(
      "regard demo                                    train a small model, translate, see where it looked\n"
      "echo 'Hello!' | regard translate opus-mt-en-de\n"
      "regard translate --help");
  text += "\n\nCommands:\n";
  for (const Command& c : commands()) text += fmt::format("  {:<12} {}\n", c.name, c.summary);
  text += "\nOptions of every command stand in the help of each: regard COMMAND --help\n";
  return text;
}

std::string help_of(const CLI::App& app, const Command& command) {
  return fmt::format("regard {}: {}\n\nExamples:\n{}\n\n{}", command.name, command.summary,
                     indented(command.examples), app.help());
}

std::string explain(const CLI::ParseError& error, const CLI::App& app) {
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    const auto extras = app.remaining();
    for (const std::string& extra : extras) {
      if (extra.size() < 2 || extra[0] != '-') continue;
      const std::string name = extra.substr(0, extra.find('='));
      return fmt::format("no option '{}'{}", name, did_you_mean(name, long_options(app)));
    }
    if (!extras.empty()) return fmt::format("'{}' was not expected", extras.front());
  }
  return error.what();
}

void print(const std::string& text) {
  Output out;
  out.write(text);
  out.flush();
}

int run(std::vector<std::string> arguments) {
  const bool nothing = arguments.empty();
  const auto has = [&](const char* a) {
    return std::find(arguments.begin(), std::find(arguments.begin(), arguments.end(), "--"), a) !=
           std::find(arguments.begin(), arguments.end(), "--");
  };
  auto name = take_command(arguments);
  bool help = has("--help") || has("-h");
  if (name == "help") {
    name = take_command(arguments);
    help = true;
  }
  if (has("--version")) {
    print(fmt::format("regard {}\n", version()));
    return done;
  }
  if (!name) {
    if (help) {
      print(general_help());
      return done;
    }
    if (!nothing) throw UsageError("no command is given (regard --help lists them)");
    std::fputs(general_help().c_str(), stderr);
    return wrong_usage;
  }

  const Command& command = find_command(*name);
  DeclaredCommand declared(command);
  CLI::App& app = declared.app;
  if (help) {
    print(help_of(app, command));
    return done;
  }
  add_defaults(app, arguments);
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    throw UsageError(
        fmt::format("{}: {} (regard {} --help)", command.name, explain(error, app), command.name));
  }
  declared.take_adapter();
  Console console(declared.globals);
  declared.action(console);
  console.out().flush();
  return done;
}

// What the system did not grant; a thread mostly for want of memory for its stack.
std::string refusal(const std::system_error& error) {
  rlimit stack{};
  if (error.code() != std::errc::resource_unavailable_try_again || getrlimit(RLIMIT_STACK, &stack) != 0)
    return fmt::format("the system refused: {}", error.what());
  return fmt::format(
      "out of memory or threads: {} bytes were asked for the stack of a thread (--threads asks for fewer)",
      stack.rlim_cur);
}

int guarded(int argc, char** argv) {
  try {
    return run(std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
  } catch (const ClosedPipe&) {
    return done;
  } catch (const Interrupted& error) {
    say(error.what());
    return interrupted_by_user;
  } catch (const UsageError& error) {
    say(error.what());
    return wrong_usage;
  } catch (const InputError& error) {
    say(error.what());
    return bad_input;
  } catch (const Error& error) {
    say(error.what());
    return failed;
  } catch (const std::bad_alloc&) {
    say(OutOfMemory(bytes_refused()).what());
    return failed;
  } catch (const std::system_error& error) {
    say(refusal(error));
    return failed;
  } catch (const std::exception& error) {
    say(fmt::format("it failed: {}", error.what()));
    return failed;
  }
}

}  // namespace
}  // namespace regard::cli

int main(int argc, char** argv) {
  regard::cli::hold_standard_descriptors();
  regard::cli::ignore_signals();
  regard::cli::end_on_interrupts();
  return regard::cli::guarded(argc, argv);
}
