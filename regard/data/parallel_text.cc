#include "regard/data/parallel_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/base/json.h"
#include "regard/base/suggest.h"
#include "regard/text/unicode.h"

namespace regard::data {

// How one file, or a pair of them, is read.
class ParallelReader::Format {
 public:
  virtual ~Format() = default;
  virtual std::optional<ParallelLine> next() = 0;
  virtual std::uint64_t bytes_read() const = 0;
};

namespace {

namespace fs = std::filesystem;

// One line cannot be used; the next ones may be.
class BadLine : public InputError {
 public:
  using InputError::InputError;
};

// Lines of a file as they are; says when to stop.
class Lines {
 public:
  Lines(const fs::path& path, const std::function<bool()>& stop) : reader_(path), stop_(stop) {}

  std::optional<std::string_view> next() {
    if (stop_ && reader_.number() % 4096 == 0 && stop_()) throw Interrupted("interrupted while reading data");
    const auto line = reader_.next();
    if (!line && reader_.number() == 0)
      throw InputError(fmt::format("{}: found an empty file, expected lines of text", reader_.name()));
    return line;
  }
  std::uint64_t count_rest() {
    while (reader_.next()) {
    }
    return reader_.number();
  }
  void require_text(std::string_view line) const {
    if (!first_invalid_utf8(line)) return;
    try {
      require_utf8(line, reader_.name(), reader_.number());
    } catch (const InputError& error) {
      throw BadLine(error.what());
    }
  }
  std::string place() const { return fmt::format("{}: line {}", reader_.name(), reader_.number()); }
  std::uint64_t bytes_read() const { return reader_.bytes_read(); }

 private:
  LineReader reader_;
  const std::function<bool()>& stop_;
};

class TwoFiles final : public ParallelReader::Format {
 public:
  TwoFiles(const ParallelFile& file, const std::function<bool()>& stop)
      : file_(file), sources_(file.source, stop), targets_(file.target, stop) {}

  std::optional<ParallelLine> next() override {
    const auto source = sources_.next(), target = targets_.next();
    if (!source && !target) return std::nullopt;
    if (!source || !target) {
      const std::uint64_t s = sources_.count_rest(), t = targets_.count_rest();
      throw InputError(
          fmt::format("{}: found {} lines, expected {} as in {}: line n of the one translates line n "
                      "of the other",
                      file_.target.string(), t, s, file_.source.string()));
    }
    sources_.require_text(*source);
    targets_.require_text(*target);
    return ParallelLine{*source, *target};
  }
  std::uint64_t bytes_read() const override { return sources_.bytes_read() + targets_.bytes_read(); }

 private:
  const ParallelFile& file_;
  Lines sources_, targets_;
};

void split(std::string_view line, std::vector<std::string_view>& fields) {
  fields.clear();
  for (;;) {
    const std::size_t tab = line.find('\t');
    fields.push_back(line.substr(0, tab));
    if (tab == std::string_view::npos) return;
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

class TabSeparated final : public ParallelReader::Format {
 public:
  TabSeparated(const fs::path& path, const Columns& columns, const std::function<bool()>& stop)
      : lines_(path, stop) {
    // Reads the line of names where columns are given by name.
    const std::string source = column(columns, "source", "1"), target = column(columns, "target", "2");
    const auto s = number_from_one(source), t = number_from_one(target);
    if (!s || !t) names_ = header();
    source_ = s ? *s - 1 : place_of(source);
    target_ = t ? *t - 1 : place_of(target);
  }

  std::optional<ParallelLine> next() override {
    const auto line = lines_.next();
    if (!line) return std::nullopt;
    lines_.require_text(*line);
    split(*line, fields_);
    const std::size_t least = std::max(source_, target_) + 1;
    if (fields_.size() < least) {
      throw BadLine(fmt::format("{}: found {} column{}, expected at least {}, separated by tabs",
                                lines_.place(), fields_.size(), fields_.size() == 1 ? "" : "s", least));
    }
    return ParallelLine{fields_[source_], fields_[target_]};
  }
  std::uint64_t bytes_read() const override { return lines_.bytes_read(); }

 private:
  std::vector<std::string> header() {
    const auto line = lines_.next();
    lines_.require_text(*line);
    split(*line, fields_);
    return {fields_.begin(), fields_.end()};
  }
  std::size_t place_of(const std::string& name) const {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end()) {
      throw InputError(fmt::format("{}: expected a column named \"{}\"{}", lines_.place(), name,
                                   did_you_mean(name, names_)));
    }
    return static_cast<std::size_t>(found - names_.begin());
  }

  Lines lines_;
  std::vector<std::string> names_;
  std::size_t source_ = 0, target_ = 1;
  std::vector<std::string_view> fields_;
};

class JsonLines final : public ParallelReader::Format {
 public:
  JsonLines(const fs::path& path, const Columns& columns, const std::function<bool()>& stop)
      : lines_(path, stop),
        source_key_(column(columns, "source", "source")),
        target_key_(column(columns, "target", "target")) {}

  std::optional<ParallelLine> next() override {
    for (;;) {
      const auto line = lines_.next();
      if (!line) return std::nullopt;
      if (line->find_first_not_of(" \t") == std::string_view::npos) continue;
      lines_.require_text(*line);
      try {
        const Json value = parse_json(*line, lines_.place());
        const JsonField object(value, lines_.place());
        source_ = object.at(source_key_).text();
        target_ = object.at(target_key_).text();
      } catch (const InputError& error) {
        throw BadLine(error.what());
      }
      return ParallelLine{source_, target_};
    }
  }
  std::uint64_t bytes_read() const override { return lines_.bytes_read(); }

 private:
  Lines lines_;
  std::string source_key_, target_key_, source_, target_;
};

std::uint64_t size_of(const std::vector<ParallelFile>& files) {
  std::uint64_t sum = 0;
  for (const ParallelFile& file : files) {
    for (const fs::path& path : {file.source, file.target}) {
      if (path.empty()) continue;
      std::error_code error;
      const std::uint64_t size = fs::file_size(path, error);
      if (error) return 0;  // a pipe, or one that opening it will tell of
      sum += size;
    }
  }
  return sum;
}

std::unique_ptr<ParallelReader::Format> open(const ParallelFile& file, const Columns& columns,
                                             const std::function<bool()>& stop) {
  if (!file.target.empty()) return std::make_unique<TwoFiles>(file, stop);
  switch (text_format(file.source)) {
    case TextFormat::tsv:
      return std::make_unique<TabSeparated>(file.source, columns, stop);
    case TextFormat::jsonl:
      return std::make_unique<JsonLines>(file.source, columns, stop);
    case TextFormat::lines:
      break;
  }
  throw UsageError(
      fmt::format("{}: found one file of lines, expected a second one with the translations, or a "
                  ".tsv or .jsonl file that holds both",
                  file.source.string()));
}

}  // namespace

ParallelReader::ParallelReader(ParallelFiles files, std::function<bool()> stop)
    : files_(std::move(files)), stop_(std::move(stop)), size_(size_of(files_.files)) {}
ParallelReader::~ParallelReader() = default;

std::optional<ParallelLine> ParallelReader::next() {
  for (;;) {
    if (!format_) {
      if (opened_ == files_.files.size()) return std::nullopt;
      format_ = open(files_.files[opened_++], files_.columns, stop_);
    }
    try {
      if (auto line = format_->next()) return line;
      bytes_before_ += format_->bytes_read();
      format_.reset();
    } catch (const BadLine& error) {
      if (!files_.skip_bad) throw;
      if (bad_.count++ == 0) bad_.first = error.what();
    }
  }
}

std::uint64_t ParallelReader::bytes_read() const {
  return bytes_before_ + (format_ ? format_->bytes_read() : 0);
}

ParallelText read_parallel(const ParallelFiles& files, const std::function<bool()>& stop) {
  ParallelReader reader(files, stop);
  ParallelText text;
  while (const auto line = reader.next()) {
    text.sources.emplace_back(line->source);
    text.targets.emplace_back(line->target);
  }
  text.bad = reader.bad();
  return text;
}

}  // namespace regard::data
