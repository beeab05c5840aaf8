#include "regard/data/records.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/base/json.h"
#include "regard/base/suggest.h"
#include "regard/data/separated_values.h"
#include "regard/text/code_points.h"
#include "regard/text/unicode.h"

namespace regard::data {

namespace fs = std::filesystem;

class RecordReader::File {
 public:
  virtual ~File() = default;
  virtual std::optional<Record> next() = 0;
};

namespace {

// One line cannot be used; the next ones may be.
class BadLine : public InputError {
 public:
  using InputError::InputError;
};

// Lines of a file as UTF-8.
class Lines {
 public:
  Lines(const fs::path& path, TextEncoding encoding) : reader_(path), encoding_(encoding) {}

  std::optional<std::string> next() {
    const auto line = reader_.next();
    if (!line && reader_.number() == 0)
      throw InputError(fmt::format("{}: found an empty file, expected examples", reader_.name()));
    if (!line) return std::nullopt;
    if (encoding_ == TextEncoding::utf8) return std::string(*line);
    std::string text;  // latin-1: the first 256 code points
    for (const char c : *line) append_utf8(text, static_cast<unsigned char>(c));
    return text;
  }
  void require_text(std::string_view line) const {
    try {
      require_utf8(line, reader_.name(), reader_.number());
    } catch (const InputError& error) {
      throw BadLine(std::string(error.what()) + " (--encoding latin-1 reads such files)");
    }
  }
  std::string place() const { return fmt::format("{}: line {}", reader_.name(), reader_.number()); }
  const std::string& name() const { return reader_.name(); }

 private:
  LineReader reader_;
  TextEncoding encoding_;
};

std::vector<std::string> all_fields(const RecordFormat& format) {
  std::vector<std::string> names = format.required;
  names.insert(names.end(), format.optional.begin(), format.optional.end());
  return names;
}

class Table final : public RecordReader::File {
 public:
  Table(const fs::path& path, const RecordFormat& format, Separated separated)
      : format_(format), lines_(path, format.encoding), separated_(separated) {
    const auto first = row();
    if (!first) return;
    if (!locate(*first)) first_ = first;
  }

  std::optional<Record> next() override {
    auto cells = first_ ? std::exchange(first_, std::nullopt) : row();
    if (!cells) return std::nullopt;
    Record record{{}, lines_.place()};
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const auto& at = places_[i];
      if (at && *at < cells->size()) {
        record.fields.emplace_back(std::move((*cells)[*at]));
      } else if (i < format_.required.size()) {
        throw BadLine(fmt::format("{}: found {} column{}, expected at least {}", lines_.place(),
                                  cells->size(), cells->size() == 1 ? "" : "s", at ? *at + 1 : i + 1));
      } else {
        record.fields.emplace_back();
      }
    }
    return record;
  }

 private:
  using Cells = std::vector<std::string>;

  std::optional<Cells> row() {
    auto line = lines_.next();
    if (!line) return std::nullopt;
    lines_.require_text(*line);
    if (separated_ == Separated::by_tabs) return split_by_tabs(*line);
    while (!quotes_are_closed(*line)) {  // a line break inside quotes
      const auto more = lines_.next();
      if (!more) throw BadLine(fmt::format("{}: found a quote that nothing closes", lines_.place()));
      *line += "\n" + *more;
    }
    auto cells = split_by_commas(*line);
    if (!cells)
      throw BadLine(fmt::format("{}: found text after a closing quote, expected a comma", lines_.place()));
    return cells;
  }

  // Decides where each field stands, by the first row. Whether that row holds names.
  bool locate(const Cells& first) {
    const std::vector<std::string> names = all_fields(format_);
    const auto column_named = [&](const std::string& name) -> std::optional<std::size_t> {
      const auto found = std::find(first.begin(), first.end(), name);
      if (found == first.end()) return std::nullopt;
      return static_cast<std::size_t>(found - first.begin());
    };
    const auto wanted = [&](const std::string& field) {
      const auto given = format_.columns.find(field);
      return given == format_.columns.end() ? field : given->second;
    };
    const auto number = [](const std::string& text) -> std::optional<std::size_t> {
      if (text.empty() || text.size() > 6 || text.find_first_not_of("0123456789") != std::string::npos ||
          text == "0")
        return std::nullopt;
      return std::stoul(text) - 1;
    };
    bool has_names = true, any_name = false;
    for (std::size_t i = 0; i < format_.required.size(); ++i) {
      const std::string column = wanted(names[i]);
      if (number(column) && format_.columns.contains(names[i])) continue;
      any_name = any_name || format_.columns.contains(names[i]);
      has_names = has_names && column_named(column).has_value();
    }
    if (any_name && !has_names)
      for (const std::string& field : format_.required)
        if (!number(wanted(field)) && !column_named(wanted(field)))
          throw InputError(fmt::format("{}: found no column \"{}\", expected one of: {}", lines_.name(),
                                       wanted(field), fmt::join(first, ", ")));
    // With nothing but numbers a line of names cannot be told from an example, unless it has the fields' own.
    const bool numbers =
        std::all_of(format_.required.begin(), format_.required.end(),
                    [&](const std::string& f) { return format_.columns.contains(f) && number(wanted(f)); });
    if (numbers) has_names = false;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string column = wanted(names[i]);
      const auto by_number = format_.columns.contains(names[i]) ? number(column) : std::nullopt;
      if (by_number)
        places_.push_back(by_number);
      else if (has_names)
        places_.push_back(column_named(column));
      else
        places_.push_back(i < format_.required.size() ? std::optional(i) : std::nullopt);
    }
    return has_names;
  }

  const RecordFormat& format_;
  Lines lines_;
  Separated separated_;
  std::optional<Cells> first_;
  std::vector<std::optional<std::size_t>> places_;
};

class JsonLines final : public RecordReader::File {
 public:
  JsonLines(const fs::path& path, const RecordFormat& format)
      : format_(format), lines_(path, format.encoding) {}

  std::optional<Record> next() override {
    const auto line = lines_.next();
    if (!line) return std::nullopt;
    Record record{{}, lines_.place()};
    try {
      const Json json = parse_json(*line, record.place);
      const JsonField object(json, record.place);
      const std::vector<std::string> names = all_fields(format_);
      for (std::size_t i = 0; i < names.size(); ++i) {
        const auto given = format_.columns.find(names[i]);
        const std::string key = given == format_.columns.end() ? names[i] : given->second;
        if (i >= format_.required.size() && !object.has(key))
          record.fields.emplace_back();
        else
          record.fields.emplace_back(text_of(object.at(key)));
      }
    } catch (const InputError& error) {
      throw BadLine(error.what());
    }
    return record;
  }

 private:
  static std::string text_of(const JsonField& field) {
    if (field.value().is_array()) {
      std::string list;
      for (const JsonField& item : field.items()) list += (list.empty() ? "" : "\x1F") + text_of(item);
      return list;
    }
    if (field.value().is_string()) return field.text();
    if (field.value().is_number() || field.value().is_boolean()) return to_line(field.value());
    field.refuse("text, a number, or a list of these");
  }

  const RecordFormat& format_;
  Lines lines_;
};

class PatternLines final : public RecordReader::File {
 public:
  PatternLines(const fs::path& path, const RecordFormat& format)
      : format_(format),
        lines_(path, format.encoding),
        parts_(parse_line_pattern(format.pattern, all_fields(format), format.required.size())) {}

  std::optional<Record> next() override {
    const auto line = lines_.next();
    if (!line) return std::nullopt;
    lines_.require_text(*line);
    Record record{{}, lines_.place()};
    record.fields.resize(all_fields(format_).size());
    std::string_view rest = *line;
    for (const LinePart& part : parts_) {
      const std::size_t end = part.separator.empty() ? rest.size() : rest.find(part.separator);
      if (end == std::string_view::npos)
        throw BadLine(fmt::format("{}: found no \"{}\", expected lines like \"{}\"", record.place,
                                  part.separator, format_.pattern));
      if (part.field) record.fields[*part.field] = std::string(rest.substr(0, end));
      rest.remove_prefix(std::min(rest.size(), end + part.separator.size()));
    }
    return record;
  }

 private:
  const RecordFormat& format_;
  Lines lines_;
  std::vector<LinePart> parts_;
};

std::unique_ptr<RecordReader::File> open(const fs::path& path, const RecordFormat& format) {
  if (!format.pattern.empty()) return std::make_unique<PatternLines>(path, format);
  const fs::path inner = path.extension() == ".gz" ? path.stem() : path;
  if (inner.extension() == ".csv") return std::make_unique<Table>(path, format, Separated::by_commas);
  if (inner.extension() == ".jsonl") return std::make_unique<JsonLines>(path, format);
  if (inner.extension() == ".tsv") return std::make_unique<Table>(path, format, Separated::by_tabs);
  throw UsageError(
      fmt::format("{}: expected a .tsv, .csv or .jsonl file, or --columns with a pattern such as "
                  "'label text'",
                  path.string()));
}

}  // namespace

TextEncoding text_encoding(const std::string& name) {
  if (name == "utf-8" || name == "utf8") return TextEncoding::utf8;
  if (name == "latin-1" || name == "latin1" || name == "iso-8859-1") return TextEncoding::latin1;
  throw UsageError(fmt::format("--encoding: found \"{}\", expected utf-8 or latin-1", name));
}

void set_columns(RecordFormat& format, const std::string& text) {
  const std::vector<std::string> names = all_fields(format);
  if (text.empty()) return;
  if (text.find('=') != std::string::npos) {
    format.columns = parse_columns(text, names);
    return;
  }
  (void)parse_line_pattern(text, names, format.required.size());  // is said at once
  format.pattern = text;
}

RecordReader::RecordReader(std::vector<fs::path> files, RecordFormat format, std::function<bool()> stop)
    : files_(std::move(files)), format_(std::move(format)), stop_(std::move(stop)) {}

RecordReader::~RecordReader() = default;

std::optional<Record> RecordReader::next() {
  for (;;) {
    if (stop_ && ++read_ % 4096 == 0 && stop_()) throw Interrupted("interrupted while reading data");
    if (!file_) {
      if (opened_ == files_.size()) return std::nullopt;
      file_ = open(files_[opened_++], format_);
    }
    try {
      if (auto record = file_->next()) return record;
      file_.reset();
    } catch (const BadLine& bad) {
      if (!format_.skip_bad) throw InputError(bad.what());
      if (bad_.count++ == 0) bad_.first = bad.what();
    }
  }
}

std::vector<Record> read_records(const std::vector<fs::path>& files, const RecordFormat& format,
                                 const std::function<bool()>& stop, BadLines* bad) {
  RecordReader reader(files, format, stop);
  std::vector<Record> records;
  while (auto record = reader.next()) records.push_back(std::move(*record));
  if (bad != nullptr) *bad = reader.bad();
  return records;
}

}  // namespace regard::data
