#include "regard/cli/completion_script.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "regard/cli/declaration.h"

namespace regard::cli {
namespace {

struct DescribedCommand {
  std::string name, summary;
  std::vector<OptionDescription> options;
};

std::vector<DescribedCommand> described_commands() {
  std::vector<DescribedCommand> list;
  for (const Command& c : commands()) {
    const DeclaredCommand declared(c);
    list.push_back({c.name, c.summary, describe(declared.app)});
  }
  return list;
}

bool is_long(const std::string& name) { return name.rfind("--", 0) == 0; }

// `text` with a backslash before each of `these`.
std::string with_backslashes(std::string_view text, std::string_view these) {
  std::string out;
  for (const char c : text) {
    if (these.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

// Inside single quotes of a POSIX shell.
std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// Long names, one behind the other: all, or those that a value follows.
enum class Which : std::uint8_t { all, with_value, global_with_value };
std::vector<std::string> long_names(const DescribedCommand& command, Which which) {
  std::vector<std::string> names;
  for (const OptionDescription& d : command.options)
    for (const std::string& name : d.names)
      if (is_long(name) && (which == Which::all || !d.value.empty()) &&
          (which != Which::global_with_value || d.group != "Options"))
        names.push_back(name);
  return names;
}

std::vector<std::string> first_choices(const DescribedCommand& command) {
  for (const OptionDescription& d : command.options)
    if (d.positional) return d.choices;
  return {};
}

std::string bash(const std::vector<DescribedCommand>& list) {
  std::vector<std::string> names;
  for (const DescribedCommand& c : list) names.push_back(c.name);
  std::string text = fmt::format(R"(# Completion of regard for bash, made by: regard completion bash
_regard() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}}
  local word command= options valued words= i
  # --option=value comes in three words.
  [[ $before == '=' ]] && before=${{COMP_WORDS[COMP_CWORD - 2]}}
  [[ $current == '=' ]] && current=
  for ((i = 1; i < COMP_CWORD; ++i)); do
    word=${{COMP_WORDS[i]}}
    case $word in
      {}) ((++i)) ;;
      -* | =) ;;
      *) command=$word; break ;;
    esac
  done
  case $command in
)",
                                 fmt::join(long_names(list.front(), Which::global_with_value), " | "));
  text += fmt::format("    '') words='{}' options='--help --version' valued= ;;\n", fmt::join(names, " "));
  for (const DescribedCommand& c : list)
    text += fmt::format("    {}) words='{}' options='{}' valued='{}' ;;\n", c.name,
                        fmt::join(first_choices(c), " "), fmt::join(long_names(c, Which::all), " "),
                        fmt::join(long_names(c, Which::with_value), " "));
  text += R"(    *) return ;;
  esac
  COMPREPLY=()
  case " $valued " in *" $before "*) return ;; esac # a value: names of files, by -o default
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  else
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  fi
}
complete -o default -o bashdefault -F _regard regard
)";
  return text;
}

std::string zsh(const std::vector<DescribedCommand>& list) {
  std::string text =
      "#compdef regard\n# Completion of regard for zsh, made by: regard completion zsh\n_regard() {\n"
      "  local context state state_descr line\n  typeset -A opt_args\n  local -a commands\n  commands=(\n";
  for (const DescribedCommand& c : list)
    text += fmt::format("    {}\n", shell_quoted(with_backslashes(c.name, ":") + ":" + c.summary));
  text +=
      "  )\n  _arguments -C '--help[help]' '--version[the version]' '1:command:->command' "
      "'*::argument:->argument'\n"
      "  case $state in\n    command) _describe -t commands command commands ;;\n    argument)\n"
      "      case $words[1] in\n";
  for (const DescribedCommand& c : list) {
    text += fmt::format("        {})\n          _arguments", c.name);
    std::size_t position = 0;
    for (const OptionDescription& d : c.options) {
      const std::string values =
          d.choices.empty() ? "_files" : fmt::format("({})", fmt::join(d.choices, " "));
      if (d.positional) {
        const std::string place = d.repeatable ? "*" : std::to_string(++position);
        text += " \\\n            " + shell_quoted(fmt::format("{}:{}:{}", place, d.names.front(), values));
        continue;
      }
      for (const std::string& name : d.names) {
        if (!is_long(name)) continue;
        std::string spec = fmt::format("{}{}{}[{}]", d.repeatable ? "*" : "", name,
                                       d.value.empty() ? "" : "=", with_backslashes(d.text, "\\[]:"));
        if (!d.value.empty()) spec += fmt::format(":{}:{}", d.value, values);
        text += " \\\n            " + shell_quoted(spec);
      }
    }
    text += " ;;\n";
  }
  return text +
         "      esac ;;\n  esac\n}\nif [ \"$funcstack[1]\" = _regard ]; then _regard \"$@\"; else compdef "
         "_regard regard; fi\n";
}

std::string fish(const std::vector<DescribedCommand>& list) {
  const auto fish_quoted = [](std::string_view text) { return "'" + with_backslashes(text, "\\'") + "'"; };
  std::string text =
      "# Completion of regard for fish, made by: regard completion fish\n"
      "complete -c regard -n __fish_use_subcommand -f\n"
      "complete -c regard -n __fish_use_subcommand -l help -d help\n"
      "complete -c regard -n __fish_use_subcommand -l version -d 'the version'\n";
  for (const DescribedCommand& c : list) {
    text += fmt::format("complete -c regard -n __fish_use_subcommand -f -a {} -d {}\n", c.name,
                        fish_quoted(c.summary));
    const std::string here = fmt::format("complete -c regard -n '__fish_seen_subcommand_from {}'", c.name);
    if (const auto choices = first_choices(c); !choices.empty())
      text += fmt::format("{} -f -a '{}'\n", here, fmt::join(choices, " "));
    for (const OptionDescription& d : c.options)
      for (const std::string& name : d.names)
        if (is_long(name))
          text += fmt::format("{} -l {}{} -d {}\n", here, name.substr(2), d.value.empty() ? "" : " -r -F",
                              fish_quoted(d.text));
  }
  return text;
}

}  // namespace

std::string completion_script(Shell shell) {
  const auto list = described_commands();
  switch (shell) {
    case Shell::bash:
      return bash(list);
    case Shell::zsh:
      return zsh(list);
    case Shell::fish:
      break;
  }
  return fish(list);
}

}  // namespace regard::cli
