#include "regard/tasks/similarity_examples.h"

#include <fmt/format.h>

#include <cmath>

#include "regard/base/error.h"

namespace regard::tasks {
namespace {

enum Field : std::size_t { text, text_pair, score, negative };

constexpr char between_items = '\x1f';  // of a list in JSON

// A number, or nothing.
std::optional<double> number_in(const std::string& text) {
  std::size_t end = 0;
  double value = 0;
  try {
    value = std::stod(text, &end);
  } catch (const std::exception&) {
    return std::nullopt;
  }
  return end == text.size() && std::isfinite(value) ? std::optional(value) : std::nullopt;
}

bool is_empty(const std::string& text) { return text.find_first_not_of(" \t\r\n") == std::string::npos; }

// What is wrong with a record; empty: nothing.
std::string fault_of(const data::Record& record) {
  for (const Field field : {Field::text, Field::text_pair, Field::negative}) {
    const auto& value = record.fields[field];
    if (!value) continue;
    if (is_empty(*value))
      return fmt::format("{}: found an empty text, expected two to compare", record.place);
    if (value->find(between_items) != std::string::npos)
      return fmt::format("{}: found a list, expected one text", record.place);
  }
  if (const auto& value = record.fields[Field::score]; value && !number_in(*value))
    return fmt::format("{}: found the score \"{}\", expected a number", record.place, *value);
  return "";
}

}  // namespace

std::vector<std::string_view> ComparedTexts::parts() const {
  std::vector<std::string_view> list{text, second};
  if (negative) list.emplace_back(*negative);
  return list;
}

data::RecordFormat similarity_format() {
  return {.required = {"text", "text_pair"}, .optional = {"score", "negative"}};
}

std::vector<ComparedTexts> read_compared_texts(const std::vector<std::filesystem::path>& files,
                                               const data::RecordFormat& format, BadExamples& bad,
                                               const std::function<bool()>& stop) {
  std::vector<ComparedTexts> pairs;
  data::RecordReader reader(files, format, stop);
  while (auto record = reader.next()) {
    std::string fault = fault_of(*record);
    auto& fields = record->fields;
    ComparedTexts one{std::move(*fields[Field::text]),
                      std::move(*fields[Field::text_pair]),
                      {},
                      std::move(fields[Field::negative]),
                      std::move(record->place)};
    if (fault.empty() && fields[Field::score]) one.score = number_in(*fields[Field::score]);
    if (fault.empty() && !pairs.empty()) {
      const ComparedTexts& first = pairs.front();
      for (const auto& [name, has, has_first] :
           {std::tuple{"score", one.score.has_value(), first.score.has_value()},
            std::tuple{"negative", one.negative.has_value(), first.negative.has_value()}})
        if (has != has_first)
          fault = fmt::format("{}: found {} {}, expected {} as in {}", one.place, has ? "a" : "no", name,
                              has_first ? "one" : "none", first.place);
    }
    if (!fault.empty())
      bad.add(fault);
    else
      pairs.push_back(std::move(one));
  }
  bad.add(reader.bad());
  if (pairs.empty())
    throw InputError(fmt::format("{}: found no pairs of texts to compare", files.front().string()));
  return pairs;
}

bool has_scores(const std::filesystem::path& file, const data::RecordFormat& format) {
  data::RecordReader reader({file}, format);
  const auto first = reader.next();
  return first && first->fields[Field::score].has_value();
}

}  // namespace regard::tasks
