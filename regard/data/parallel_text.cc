#include "regard/data/parallel_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/base/json.h"
#include "regard/base/suggest.h"
#include "regard/text/unicode.h"

namespace regard::data {
namespace {

namespace fs = std::filesystem;

enum class Format : std::uint8_t { lines, tsv, jsonl };

Format format_of(const fs::path& path) {
  const fs::path inner = path.extension() == ".gz" ? path.stem() : path;
  if (inner.extension() == ".tsv") return Format::tsv;
  if (inner.extension() == ".jsonl") return Format::jsonl;
  return Format::lines;
}

// Lines that are valid UTF-8; says when to stop.
class Lines {
 public:
  Lines(const fs::path& path, const std::function<bool()>& stop) : reader_(path), stop_(stop) {}

  std::optional<std::string_view> next() {
    if (stop_ && reader_.number() % 4096 == 0 && stop_()) throw Interrupted("interrupted while reading data");
    const auto line = reader_.next();
    if (line) require_utf8(*line, reader_.name(), reader_.number());
    return line;
  }
  std::uint64_t count_rest() {
    while (reader_.next()) {
    }
    return reader_.number();
  }
  std::uint64_t number() const { return reader_.number(); }
  std::string place() const { return fmt::format("{}: line {}", reader_.name(), reader_.number()); }
  void require_some() const {
    if (reader_.number() == 0)
      throw InputError(fmt::format("{}: found an empty file, expected lines of text", reader_.name()));
  }

 private:
  LineReader reader_;
  const std::function<bool()>& stop_;
};

ParallelText read_lines_of_two(const ParallelFiles& files, const std::function<bool()>& stop) {
  Lines sources(files.source, stop), targets(files.target, stop);
  ParallelText text;
  for (;;) {
    const auto source = sources.next(), target = targets.next();
    if (!source && !target) break;
    if (!source || !target) {
      const std::uint64_t s = sources.count_rest(), t = targets.count_rest();
      throw InputError(
          fmt::format("{}: found {} lines, expected {} as in {}: line n of the one translates line n "
                      "of the other",
                      files.target.string(), t, s, files.source.string()));
    }
    text.sources.emplace_back(*source);
    text.targets.emplace_back(*target);
  }
  sources.require_some();
  return text;
}

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> fields;
  for (;;) {
    const std::size_t tab = line.find('\t');
    fields.push_back(line.substr(0, tab));
    if (tab == std::string_view::npos) return fields;
    line.remove_prefix(tab + 1);
  }
}

std::optional<std::size_t> number_from_one(std::string_view text) {
  std::size_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size() || n == 0) return std::nullopt;
  return n;
}

std::string column(const Columns& columns, const std::string& what, const std::string& otherwise) {
  const auto found = columns.find(what);
  return found == columns.end() ? otherwise : found->second;
}

// Where source and target stand in a line; reads the line of names where columns are given by name.
std::pair<std::size_t, std::size_t> tsv_columns(const ParallelFiles& files, Lines& lines) {
  const std::string source = column(files.columns, "source", "1"),
                    target = column(files.columns, "target", "2");
  const auto s = number_from_one(source), t = number_from_one(target);
  if (s && t) return {*s - 1, *t - 1};
  const auto header = lines.next();
  lines.require_some();
  const std::vector<std::string_view> names = split(*header);
  auto place = [&](const std::string& name, const std::optional<std::size_t>& number) {
    if (number) return *number - 1;
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      const std::vector<std::string> known(names.begin(), names.end());
      throw InputError(fmt::format("{}: expected a column named \"{}\"{}", lines.place(), name,
                                   did_you_mean(name, known)));
    }
    return static_cast<std::size_t>(found - names.begin());
  };
  return {place(source, s), place(target, t)};
}

ParallelText read_tsv(const ParallelFiles& files, const std::function<bool()>& stop) {
  Lines lines(files.source, stop);
  const auto [source, target] = tsv_columns(files, lines);
  ParallelText text;
  while (const auto line = lines.next()) {
    const std::vector<std::string_view> fields = split(*line);
    if (fields.size() <= std::max(source, target)) {
      throw InputError(fmt::format("{}: found {} column{}, expected at least {}, separated by tabs",
                                   lines.place(), fields.size(), fields.size() == 1 ? "" : "s",
                                   std::max(source, target) + 1));
    }
    text.sources.emplace_back(fields[source]);
    text.targets.emplace_back(fields[target]);
  }
  lines.require_some();
  return text;
}

ParallelText read_jsonl(const ParallelFiles& files, const std::function<bool()>& stop) {
  Lines lines(files.source, stop);
  const std::string source = column(files.columns, "source", "source");
  const std::string target = column(files.columns, "target", "target");
  ParallelText text;
  while (const auto line = lines.next()) {
    if (line->find_first_not_of(" \t") == std::string_view::npos) continue;
    const Json value = parse_json(*line, lines.place());
    const JsonField object(value, lines.place());
    text.sources.push_back(object.at(source).text());
    text.targets.push_back(object.at(target).text());
  }
  lines.require_some();
  return text;
}

}  // namespace

Columns parse_columns(std::string_view text, const std::vector<std::string>& known) {
  Columns columns;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view item = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == item.size()) {
      throw UsageError(
          fmt::format("--columns: found \"{}\", expected NAME=COLUMN as in \"source=1,target=2\"", item));
    }
    const std::string name(item.substr(0, equals));
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      throw UsageError(fmt::format("--columns: found \"{}\", expected {}{}", name, fmt::join(known, " or "),
                                   did_you_mean(name, known)));
    }
    columns[name] = item.substr(equals + 1);
  }
  return columns;
}

ParallelText read_parallel(const ParallelFiles& files, const std::function<bool()>& stop) {
  if (!files.target.empty()) return read_lines_of_two(files, stop);
  switch (format_of(files.source)) {
    case Format::tsv:
      return read_tsv(files, stop);
    case Format::jsonl:
      return read_jsonl(files, stop);
    case Format::lines:
      break;
  }
  throw UsageError(
      fmt::format("{}: found one file of lines, expected a second one with the translations, or a "
                  ".tsv or .jsonl file that holds both",
                  files.source.string()));
}

}  // namespace regard::data
