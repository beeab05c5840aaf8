#include "regard/tasks/classification_examples.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <set>

#include "regard/base/error.h"

namespace regard::tasks {
namespace {

constexpr char item_end = '\x1F';  // between the items of a list (data::Record)

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view white = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(white);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(white) - begin + 1);
}

std::vector<std::string> parts_of(const std::string& list, char separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(separator, begin), list.size());
    const std::string_view part = trimmed(std::string_view(list).substr(begin, end - begin));
    if (!part.empty() && std::find(parts.begin(), parts.end(), part) == parts.end()) parts.emplace_back(part);
    begin = end + 1;
  }
  return parts;
}

template <class T>
std::optional<T> number_in(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Why there are none; empty where they are taken.
std::string cut_labels(LabeledText& text, models::ProblemType problem) {
  const std::string field = std::move(text.labels.front());
  text.labels.clear();
  if (problem == models::ProblemType::multi_label) {
    text.labels = parts_of(field, field.find(item_end) == std::string::npos ? ',' : item_end);
    return "";
  }
  const std::string label(trimmed(field));
  if (problem == models::ProblemType::regression) {
    const auto value = number_in<double>(label);
    if (!value || !std::isfinite(*value))
      return fmt::format("found the label \"{}\", expected a number", label);
    text.value = *value;
    return "";
  }
  if (label.empty()) return "found no label, expected one";
  if (label.find(item_end) != std::string::npos) return "found a list of labels, expected one";
  text.labels.push_back(label);
  return "";
}

}  // namespace

data::RecordFormat classification_format() {
  return {.required = {"text", "label"}, .optional = {"text_pair"}};
}

void BadExamples::add(const std::string& what) {
  if (!skip_) throw InputError(what);
  if (lines_.count++ == 0) lines_.first = what;
}

void BadExamples::add(const data::BadLines& lines) {
  if (lines_.count == 0) lines_.first = lines.first;
  lines_.count += lines.count;
}

void BadExamples::tell(const Log& log) const {
  if (lines_.count == 0) return;
  log.warning(fmt::format("{} line{} cannot be used and {} skipped; the first: {}", lines_.count,
                          lines_.count == 1 ? "" : "s", lines_.count == 1 ? "is" : "are", lines_.first));
}

std::vector<LabeledText> read_labeled_texts(const std::vector<std::filesystem::path>& files,
                                            const data::RecordFormat& format, BadExamples& bad,
                                            const std::function<bool()>& stop) {
  data::BadLines lines;
  std::vector<data::Record> records = data::read_records(files, format, stop, &lines);
  bad.add(lines);
  std::vector<LabeledText> texts;
  for (data::Record& record : records) {
    if (trimmed(*record.fields[0]).empty()) {
      bad.add(record.place + ": found no text, expected text and label");
      continue;
    }
    LabeledText text{
        std::move(*record.fields[0]), std::move(record.fields[2]), {}, 0, std::move(record.place)};
    text.labels.push_back(std::move(*record.fields[1]));
    texts.push_back(std::move(text));
  }
  if (texts.empty())
    throw InputError(fmt::format("{}: found no example that can be used", files.front().string()));
  return texts;
}

models::ProblemType problem_of(const std::vector<LabeledText>& texts) {
  const bool lists = std::any_of(texts.begin(), texts.end(), [](const LabeledText& t) {
    return t.labels.front().find(item_end) != std::string::npos;
  });
  return lists ? models::ProblemType::multi_label : models::ProblemType::single_label;
}

void take_labels(std::vector<LabeledText>& texts, models::ProblemType problem, BadExamples& bad) {
  std::erase_if(texts, [&](LabeledText& text) {
    const std::string why = cut_labels(text, problem);
    if (!why.empty()) bad.add(text.place + ": " + why);
    return !why.empty();
  });
}

std::vector<std::string> labels_of(const std::vector<LabeledText>& texts) {
  std::set<std::string> found;
  for (const LabeledText& t : texts) found.insert(t.labels.begin(), t.labels.end());
  std::vector<std::string> labels(found.begin(), found.end());
  const auto number = [](const std::string& label) { return number_in<std::int64_t>(label); };
  if (std::all_of(labels.begin(), labels.end(), [&](const std::string& l) { return number(l).has_value(); }))
    std::stable_sort(labels.begin(), labels.end(),
                     [&](const std::string& a, const std::string& b) { return *number(a) < *number(b); });
  return labels;
}

std::vector<std::int32_t> strata_of(const std::vector<LabeledText>& texts,
                                    const std::vector<std::string>& labels) {
  std::vector<std::int32_t> strata(texts.size(), -1);
  if (labels.empty()) {
    std::vector<std::size_t> order(texts.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return texts[a].value < texts[b].value; });
    for (std::size_t i = 0; i < order.size(); ++i)
      strata[order[i]] = static_cast<std::int32_t>(10 * i / order.size());
    return strata;
  }
  for (std::size_t i = 0; i < texts.size(); ++i)
    if (!texts[i].labels.empty())
      strata[i] = static_cast<std::int32_t>(std::find(labels.begin(), labels.end(), texts[i].labels.front()) -
                                            labels.begin());
  return strata;
}

}  // namespace regard::tasks
