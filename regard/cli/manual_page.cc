#include "regard/cli/manual_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "regard/base/version.h"
#include "regard/cli/declaration.h"

namespace regard::cli {
namespace {

constexpr std::string_view exit_status = R"(.SH EXIT STATUS
.TP
.B 0
It is done, or nobody reads its output any more.
.TP
.B 1
It failed while running: a full disk, no memory.
.TP
.B 2
It was used wrongly.
.TP
.B 3
A file, a model or an input is bad.
.TP
.B 130
It was interrupted; a training run has saved a checkpoint.
)";

constexpr std::string_view environment = R"(.SH ENVIRONMENT
.TP
.B REGARD_OPTION
Every long option may stand in the environment: \fBREGARD_THREADS=2\fR is \fB\-\-threads 2\fR. The command line wins.
.TP
.B REGARD_ISA
The instruction set to use: amx, avx512, avx2 or plain; default: the best that the processor has.
.TP
.B NO_COLOR
Where it is set to anything but the empty string, nothing is colored.
)";

// One code point of UTF-8 text that is known to be valid (it stands in our sources).
std::uint32_t take_code_point(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t size = first < 0x80 ? 1 : (first < 0xE0 ? 2 : (first < 0xF0 ? 3 : 4));
  std::uint32_t code = size == 1 ? first : first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size && i < text.size(); ++i)
    code = code << 6U | (static_cast<unsigned char>(text[i]) & 0x3FU);
  text.remove_prefix(std::min(size, text.size()));
  return code;
}

// Text for roff: nothing in it is a request or an escape, and it is ASCII.
std::string roff(std::string_view text) {
  std::string out;
  bool line_begins = true;
  while (!text.empty()) {
    const std::uint32_t code = take_code_point(text);
    if (line_begins && (code == '.' || code == '\'')) out += "\\&";
    line_begins = code == '\n';
    switch (code) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '\'':
        out += "\\(aq";
        break;
      case '`':
        out += "\\(ga";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '~':
        out += "\\(ti";
        break;
      default:
        if (code < 0x80)
          out += static_cast<char>(code);
        else
          out += fmt::format("\\[u{:04X}]", code);
    }
  }
  return out;
}

std::string bold(std::string_view text) { return fmt::format("\\fB{}\\fR", roff(text)); }
std::string italic(std::string_view text) { return fmt::format("\\fI{}\\fR", roff(text)); }

std::string head(const std::string& name, std::string_view summary) {
  std::string title = name;
  for (char& c : title)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return fmt::format(".TH \"{}\" 1 \"\" \"regard {}\" \"Regard\"\n.SH NAME\n{} \\- {}\n", roff(title),
                     version(), roff(name), roff(summary));
}

std::string examples(std::string_view lines) {
  return fmt::format(".SH EXAMPLES\n.EX\n{}\n.EE\n", roff(lines));
}

// "regard train [OPTION]... TASK": what must be given, and that there is more.
std::string synopsis(const Command& command, const std::vector<OptionDescription>& options) {
  std::string line =
      fmt::format(".SH SYNOPSIS\n{} {} [\\fIOPTION\\fR]...", bold("regard"), bold(command.name));
  for (const OptionDescription& d : options)
    if (!d.positional && d.required) line += fmt::format(" {} {}", bold(d.names.back()), italic(d.value));
  for (const OptionDescription& d : options) {
    if (!d.positional) continue;
    const std::string name = italic(d.names.front()) + (d.repeatable ? "..." : "");
    line += d.required ? " " + name : fmt::format(" [{}]", name);
  }
  return line + "\n";
}

std::string described(const OptionDescription& d) {
  std::string names;
  for (const std::string& name : d.names)
    names += (names.empty() ? "" : ", ") + (d.positional ? italic(name) : bold(name));
  if (!d.positional && !d.value.empty()) names += " " + italic(d.value);
  std::string text = roff(d.text);
  if (!d.range.empty()) text += roff(fmt::format(" ({})", d.range));
  if (d.required && !d.positional) text += "; required";
  return fmt::format(".TP\n{}\n{}.\n", names, text);
}

// The groups of options in the order of their first.
std::string option_sections(const std::vector<OptionDescription>& options) {
  std::vector<std::string> groups;
  for (const OptionDescription& d : options)
    if (!d.positional && std::find(groups.begin(), groups.end(), d.group) == groups.end())
      groups.push_back(d.group);
  std::string text;
  if (!options.empty() && options.front().positional) text += ".SH ARGUMENTS\n";
  for (const OptionDescription& d : options)
    if (d.positional) text += described(d);
  for (const std::string& group : groups) {
    std::string title = group;
    for (char& c : title)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    text += fmt::format(".SH {}\n", roff(title));
    for (const OptionDescription& d : options)
      if (!d.positional && d.group == group) text += described(d);
  }
  return text;
}

std::string see_also(std::string_view but) {
  std::string text;
  const auto add = [&](const std::string& name) {
    if (name == but) return;
    text += fmt::format("{}{}(1)", text.empty() ? "" : ",\n", bold(name));
  };
  add("regard");
  for (const Command& c : commands()) add(fmt::format("regard-{}", c.name));
  return ".SH SEE ALSO\n" + text + "\n";
}

}  // namespace

std::string manual_page(const Command& command) {
  const DeclaredCommand declared(command);
  const auto options = describe(declared.app);
  const std::string name = fmt::format("regard-{}", command.name);
  std::string page = head(name, command.summary) + synopsis(command, options) + option_sections(options) +
                     examples(command.examples);
  page += environment;
  page += exit_status;
  return page + see_also(name);
}

std::string manual_page() {
  std::string page = head("regard", "trains, runs and explains Transformers");
  page += fmt::format(
      ".SH SYNOPSIS\n{} \\fICOMMAND\\fR [\\fIOPTION\\fR]... [\\fIARGUMENT\\fR]...\n.br\n{} "
      "\\fICOMMAND\\fR {}\n",
      bold("regard"), bold("regard"), bold("--help"));
  page +=
      ".SH DESCRIPTION\n" +
      roff(
          "A native program, without Python, for Transformers in the form of Hugging Face checkpoint "
          "directories. Text is read from standard input or files, one item a line; answers are written to "
          "standard output, one a line and in order; messages and progress go to standard error.") +
      "\n.SH COMMANDS\n";
  for (const Command& c : commands())
    page += fmt::format(".TP\n{}\n{}; see {}(1).\n", bold(c.name), roff(c.summary),
                        bold(fmt::format("regard-{}", c.name)));
  page += environment;
  page += exit_status;
  return page + see_also("regard");
}

}  // namespace regard::cli
