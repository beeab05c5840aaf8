#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "regard/base/error.h"
#include "regard/cli/arguments.h"
#include "regard/cli/declaration.h"
#include "tests/support/program.h"

// Every option of every command, by what the commands declare: it is in the help, it is taken on the command
// line, from the environment and from a file, a value of the wrong type is refused, and a test uses it.

namespace regard::cli {

void PrintTo(const Command& command, std::ostream* out) { *out << command.name; }

}  // namespace regard::cli

namespace regard::testing_support {
namespace {

using cli::Command;
using cli::DeclaredCommand;
using cli::OptionDescription;

class Options : public ProgramTest, public testing::WithParamInterface<Command> {};

std::string long_name(const OptionDescription& d) {
  for (const std::string& name : d.names)
    if (name.rfind("--", 0) == 0) return name;
  return "";
}

// A value that an option of this description should take.
std::string dummy(const OptionDescription& d) {
  if (!d.choices.empty()) return d.choices.front();
  if (const auto from = d.range.find("in ["); from != std::string::npos) {
    const std::size_t begin = from + 4;
    return d.range.substr(begin, d.range.find(' ', begin) - begin);
  }
  if (d.value == "INT" || d.value == "UINT") return "3";
  return d.value == "FLOAT" ? "0.5" : "word";
}

using Arguments = std::vector<std::string>;

// What must be given whatever else is, but `option`.
Arguments required(const std::vector<OptionDescription>& all, const OptionDescription& option) {
  Arguments arguments;
  for (const OptionDescription& d : all) {
    if (!d.required || d.names == option.names) continue;
    if (!d.positional) arguments.push_back(long_name(d));
    arguments.push_back(dummy(d));
  }
  return arguments;
}

// Nothing where the command takes these arguments, else why not.
std::string refusal(const Command& command, Arguments arguments) {
  DeclaredCommand declared(command);
  cli::add_defaults(declared.app, arguments);
  std::reverse(arguments.begin(), arguments.end());
  try {
    declared.app.parse(arguments);
  } catch (const CLI::CallForHelp&) {
    return "";
  } catch (const CLI::ParseError& error) {
    return std::string("refused: ") + error.what();
  }
  return "";
}

std::vector<OptionDescription> options_of(const Command& command) {
  return cli::describe(DeclaredCommand(command).app);
}

TEST_P(Options, StandInTheHelpWithAWordOfExplanation) {
  const Result help = sh(fmt::format("regard {} --help", GetParam().name));
  ASSERT_EQ(help.exit, 0) << help.err;
  for (const OptionDescription& d : options_of(GetParam())) {
    for (const std::string& name : d.names) EXPECT_NE(help.out.find(name), std::string::npos) << name;
    EXPECT_FALSE(d.text.empty()) << d.names.front();
  }
}

TEST_P(Options, AreTakenOnTheCommandLine) {
  write("o.json", "{}");
  for (const OptionDescription& d : options_of(GetParam())) {
    const Arguments others = required(options_of(GetParam()), d);
    if (d.positional) {
      Arguments with = others;
      with.push_back(dummy(d));
      EXPECT_EQ(refusal(GetParam(), with), "") << d.names.front();
      continue;
    }
    for (const std::string& name : d.names) {
      Arguments apart = others, joined = others, before{name};
      const std::string value = name == "--options" ? (folder / "o.json").string() : dummy(d);
      apart.push_back(name);
      if (!d.value.empty()) {
        apart.push_back(value);
        before.push_back(value);
        joined.push_back(name.rfind("--", 0) == 0 ? name + "=" + value : name + value);
      }
      before.insert(before.end(), others.begin(), others.end());
      EXPECT_EQ(refusal(GetParam(), apart), "") << name;
      EXPECT_EQ(refusal(GetParam(), joined), "") << name;
      EXPECT_EQ(refusal(GetParam(), before), "") << name << " before what else is required";
    }
  }
}

TEST_P(Options, RefuseWhatIsNotOfTheirType) {
  for (const OptionDescription& d : options_of(GetParam())) {
    const bool number = d.value == "INT" || d.value == "UINT" || d.value == "FLOAT";
    if (d.value.empty() || (!number && d.choices.empty())) continue;
    Arguments arguments = required(options_of(GetParam()), d);
    if (!d.positional) arguments.push_back(long_name(d));
    arguments.push_back("many");
    EXPECT_NE(refusal(GetParam(), arguments), "") << d.names.front();
  }
  // And a required one is required.
  for (const OptionDescription& d : options_of(GetParam())) {
    if (!d.required) continue;
    EXPECT_NE(refusal(GetParam(), required(options_of(GetParam()), d)), "") << d.names.front();
  }
}

// Given so, an option is found to be wrong or right like one of the command line: a value of the wrong type
// shows that it was read.
TEST_P(Options, StandInTheEnvironmentAndInAFile) {
  for (const OptionDescription& d : options_of(GetParam())) {
    const std::string name = long_name(d);
    if (name.empty() || name == "--help" || name == "--version" || name == "--options") continue;
    std::string variable = "REGARD_" + name.substr(2);
    for (char& c : variable)
      c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    const Arguments others = required(options_of(GetParam()), d);
    const std::string value = d.value.empty() ? "true" : dummy(d);
    const std::string file = (folder / "o.json").string();
    Arguments with_file = others;
    with_file.push_back("--options=" + file);

    setenv(variable.c_str(), value.c_str(), 1);
    EXPECT_EQ(refusal(GetParam(), others), "") << variable;
    unsetenv(variable.c_str());
    std::ofstream(file) << fmt::format("{{\"{}\": \"{}\"}}", name.substr(2), value);
    EXPECT_EQ(refusal(GetParam(), with_file), "") << name;
    if (d.value != "INT" && d.value != "UINT" && d.value != "FLOAT") continue;
    setenv(variable.c_str(), "many", 1);
    EXPECT_NE(refusal(GetParam(), others), "") << variable;
    unsetenv(variable.c_str());
    std::ofstream(file) << fmt::format("{{\"{}\": \"many\"}}", name.substr(2));
    EXPECT_NE(refusal(GetParam(), with_file), "") << name;
  }
}

// That some test of what the program does uses it.
TEST_P(Options, AreUsedByATest) {
  static const std::string tests = [] {
    std::string text;
    for (const char* part : {"regard", "tests"})
      for (const auto& entry :
           std::filesystem::recursive_directory_iterator(std::filesystem::path(REGARD_SOURCE_DIR) / part)) {
        const std::string name = entry.path().filename().string();
        if (name.size() > 8 && name.substr(name.size() - 8) == "_test.cc" && name != "options_test.cc")
          text += read_all(entry.path());
      }
    return text;
  }();
  for (const OptionDescription& d : options_of(GetParam())) {
    const std::string name = long_name(d);
    if (name.empty()) continue;
    bool found = false;
    for (std::size_t at = tests.find(name); at != std::string::npos && !found;
         at = tests.find(name, at + 1)) {
      const char next = at + name.size() < tests.size() ? tests[at + name.size()] : ' ';
      found = next != '-' && !std::isalnum(static_cast<unsigned char>(next));
    }
    EXPECT_TRUE(found) << "no test uses " << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Commands, Options, testing::ValuesIn(cli::commands().begin(), cli::commands().end()),
                         [](const auto& info) {
                           std::string name = info.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace regard::testing_support
