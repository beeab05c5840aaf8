#include "regard/data/questions.h"

#include <fmt/format.h>

#include <optional>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/base/json.h"

namespace regard::data {
namespace {

namespace fs = std::filesystem;

fs::path inner_name(const fs::path& file) { return file.extension() == ".gz" ? file.stem() : file; }

// The byte at which character `number` begins; nothing behind the end.
std::optional<std::size_t> byte_of(std::string_view text, std::int64_t number) {
  std::size_t byte = 0;
  for (; number > 0 && byte < text.size(); --number) {
    ++byte;
    while (byte < text.size() && (static_cast<unsigned char>(text[byte]) & 0xC0) == 0x80) ++byte;
  }
  return number == 0 ? std::optional(byte) : std::nullopt;
}

Answer answer_at(const JsonField& text, const std::optional<JsonField>& start, const std::string& context) {
  Answer answer{text.text(), 0};
  if (!start) {
    const std::size_t found = context.find(answer.text);
    if (found == std::string::npos) text.refuse("text that stands in the context");
    answer.begin = found;
    return answer;
  }
  const auto byte = byte_of(context, start->integer_within(0, std::int64_t{1} << 40));
  if (!byte || context.compare(*byte, answer.text.size(), answer.text) != 0)
    throw InputError(fmt::format(
        "{}: found {}, at which the context has \"{}\", expected where \"{}\" begins", start->place(),
        start->integer(), byte ? printable(context.substr(*byte, answer.text.size()), 40) : "",
        printable(answer.text, 40)));
  answer.begin = *byte;
  return answer;
}

class Reader {
 public:
  Reader(const QuestionFormat& format, const std::function<bool()>& stop, BadLines& bad)
      : format_(format), stop_(stop), bad_(bad) {}

  void read(const fs::path& file) {
    const std::size_t before = all.questions.size();
    const std::int64_t bad_before = bad_.count;
    const fs::path name = inner_name(file);
    if (name.extension() == ".jsonl")
      read_lines_of(file);
    else if (name.extension() == ".json")
      read_squad(file);
    else
      throw UsageError(fmt::format("{}: expected a .json file in SQuAD's form, or a .jsonl", file.string()));
    if (all.questions.size() == before && bad_.count == bad_before)
      throw InputError(fmt::format("{}: found no questions", file.string()));
  }

  Questions all;

 private:
  // What can be left out where that is wished.
  template <class F>
  void attempt(F&& read_one) {
    if (stop_ && ++read_ % 1024 == 0 && stop_()) throw Interrupted("interrupted while reading data");
    try {
      read_one();
    } catch (const InputError& error) {
      if (!format_.skip_bad) throw;
      if (bad_.count++ == 0) bad_.first = error.what();
    }
  }

  void read_squad(const fs::path& file) {
    std::string text;
    LineReader lines(file, std::size_t{1} << 30);
    while (const auto line = lines.next()) text.append(*line).append("\n");
    const Json json = parse_json(text, lines.name());
    const JsonField root(json, lines.name());
    for (const JsonField& article : root.at("data").items())
      for (const JsonField& paragraph : article.at("paragraphs").items()) {
        const std::string& context = paragraph.at("context").text();
        const std::size_t number = all.contexts.size();
        all.contexts.push_back(context);
        for (const JsonField& one : paragraph.at("qas").items()) attempt([&] { add_squad(one, number); });
      }
  }

  void add_squad(const JsonField& json, std::size_t context) {
    Question question{json.text_or("id", ""), json.at("question").text(), context, {}};
    const bool none = json.boolean_or("is_impossible", false);
    if (format_.answers == QuestionFormat::Answers::expected && !none)
      for (const JsonField& answer : json.at("answers").items())
        question.answers.push_back(
            answer_at(answer.at("text"), answer.at("answer_start"), all.contexts[context]));
    all.questions.push_back(std::move(question));
  }

  void read_lines_of(const fs::path& file) {
    LineReader lines(file);
    while (const auto line = lines.next())
      attempt([&] {
        const std::string place = fmt::format("{}: line {}", lines.name(), lines.number());
        const Json json = parse_json(*line, place);
        add_line(JsonField(json, place));
      });
  }

  void add_line(const JsonField& json) {
    const auto key = [&](const char* name) {
      const auto given = format_.columns.find(name);
      return given == format_.columns.end() ? std::string(name) : given->second;
    };
    const std::string& context = json.at(key("context")).text();
    Question question{json.text_or(key("id"), ""), json.at(key("question")).text(), all.contexts.size(), {}};
    const auto answer = json.find(key("answer"));
    const auto start = json.find(key("start"));
    if (format_.answers == QuestionFormat::Answers::expected && answer) {
      if (answer->value().is_array()) {
        const auto texts = answer->items();
        for (std::size_t i = 0; i < texts.size(); ++i) {
          std::optional<JsonField> place;
          if (start) {
            if (start->items().size() != texts.size()) start->refuse("as many as there are answers");
            place = start->items()[i];
          }
          question.answers.push_back(answer_at(texts[i], place, context));
        }
      } else if (!answer->text().empty()) {
        question.answers.push_back(answer_at(*answer, start, context));
      }
    }
    if (all.contexts.empty() || all.contexts.back() != context) all.contexts.push_back(context);
    question.context = all.contexts.size() - 1;
    all.questions.push_back(std::move(question));
  }

  const QuestionFormat& format_;
  const std::function<bool()>& stop_;
  BadLines& bad_;
  std::uint64_t read_ = 0;
};

}  // namespace

Questions read_questions(const std::vector<fs::path>& files, const QuestionFormat& format,
                         const std::function<bool()>& stop, BadLines* bad) {
  BadLines found;
  Reader reader(format, stop, found);
  for (const fs::path& file : files) reader.read(file);
  if (bad != nullptr) *bad = found;
  return std::move(reader.all);
}

bool holds_questions(const fs::path& file) {
  const fs::path extension = inner_name(file).extension();
  return extension == ".json" || extension == ".jsonl";
}

}  // namespace regard::data
