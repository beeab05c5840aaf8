#include "regard/data/documents.h"

#include <fmt/format.h>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/base/json.h"
#include "regard/text/unicode.h"

namespace regard::data {

namespace fs = std::filesystem;

struct DocumentReader::File {
  explicit File(const fs::path& path) : format(text_format(path)), lines(path) {}
  TextFormat format;
  LineReader lines;
};

DocumentReader::DocumentReader(TextFiles files, std::function<bool()> stop)
    : files_(std::move(files)), stop_(std::move(stop)) {
  bool known = true;
  for (const fs::path& path : files_.files) {
    if (text_format(path) == TextFormat::tsv)
      throw UsageError(fmt::format(
          "{}: found a .tsv, expected running text: lines, or a .jsonl with \"text\"", path.string()));
    std::error_code none;
    const std::uintmax_t bytes = fs::file_size(path, none);
    known = known && !none;
    size_ += none ? 0 : bytes;
  }
  if (!known) size_ = 0;
}

DocumentReader::~DocumentReader() = default;

std::uint64_t DocumentReader::bytes_read() const {
  return bytes_before_ + (file_ ? file_->lines.bytes_read() : 0);
}

TextPart DocumentReader::line_of_text(std::string_view line) {
  require_utf8(line, file_->lines.name(), file_->lines.number());
  text_.assign(line);
  text_ += '\n';
  return {text_};
}

TextPart DocumentReader::document_of_json(std::string_view line) {
  const auto key = files_.columns.find("text");
  const std::string place = fmt::format("{}: line {}", file_->lines.name(), file_->lines.number());
  const Json document = parse_json(line, place);
  text_ = JsonField(document, place).at(key == files_.columns.end() ? "text" : key->second).text();
  return {text_, true};
}

std::optional<TextPart> DocumentReader::next() {
  for (;;) {
    if (!file_) {
      if (opened_ == files_.files.size()) return std::nullopt;
      file_ = std::make_unique<File>(files_.files[opened_++]);
    }
    if (stop_ && file_->lines.number() % 4096 == 0 && stop_())
      throw Interrupted("interrupted while reading data");
    if (const auto line = file_->lines.next())
      return file_->format == TextFormat::jsonl ? document_of_json(*line) : line_of_text(*line);
    if (file_->lines.number() == 0)
      throw InputError(fmt::format("{}: found an empty file, expected text", file_->lines.name()));
    const bool open_document = file_->format == TextFormat::lines;
    bytes_before_ += file_->lines.bytes_read();
    file_.reset();
    if (open_document) return TextPart{{}, true};
  }
}

}  // namespace regard::data
