#include "regard/tasks/translate_output.h"

#include <fmt/format.h>

namespace regard::tasks {
namespace {

Json nested(const Tensor& weights) {  // [H,T,S]
  const auto values = weights.to_doubles();
  Json heads = Json::array();
  std::size_t i = 0;
  for (std::int64_t h = 0; h < weights.size(0); ++h) {
    Json rows = Json::array();
    for (std::int64_t t = 0; t < weights.size(1); ++t) {
      Json row = Json::array();
      for (std::int64_t s = 0; s < weights.size(2); ++s) row.push_back(values[i++]);
      rows.push_back(std::move(row));
    }
    heads.push_back(std::move(rows));
  }
  return heads;
}

const std::vector<AlignmentLink>& links_of(const Alternative& a, const OutputOptions& options) {
  return options.alignment_unit == AlignmentUnit::words ? a.word_alignment : a.alignment;
}

Json pairs(const std::vector<AlignmentLink>& links) {
  Json all = Json::array();
  for (const AlignmentLink& link : links) all.push_back(Json::array({link.source, link.target}));
  return all;
}

std::string number_text(double value) { return fmt::format("{:.6g}", value); }

// In a line with columns a tab is no part of the text.
std::string cell(const std::string& text) {
  std::string line = one_line(text), made;
  for (const char c : line) {
    if (c == '\t')
      made += "\\t";
    else
      made += c;
  }
  return made;
}

std::string nbest_line(const Alternative& a, std::size_t number, const OutputOptions& options) {
  std::string line = fmt::format("{} ||| {} ||| {}", number, one_line(a.text), number_text(a.score));
  if (options.quality) line += " ||| " + number_text(a.quality);
  if (options.alignment) line += " ||| " + to_pharaoh(links_of(a, options));
  return line;
}

}  // namespace

std::string to_pharaoh(const std::vector<AlignmentLink>& links) {
  std::string text;
  for (const AlignmentLink& link : links)
    text += fmt::format("{}{}-{}", text.empty() ? "" : " ", link.source, link.target);
  return text;
}

std::string to_text(const Translation& translation, std::size_t number, const OutputOptions& options) {
  if (options.nbest) {
    std::string lines = nbest_line(translation, number, options);
    for (const Alternative& a : translation.alternatives) lines += "\n" + nbest_line(a, number, options);
    return lines;
  }
  if (!options.scores && !options.quality && !options.alignment) return one_line(translation.text);
  std::string line;
  if (options.scores) line += number_text(translation.score) + "\t";
  if (options.quality) line += number_text(translation.quality) + "\t";
  line += cell(translation.text);
  if (options.alignment) line += "\t" + to_pharaoh(links_of(translation, options));
  return line;
}

Json to_json(const Translation& translation, const OutputOptions& options) {
  Json alternatives = Json::array();
  for (const Alternative& a : translation.alternatives) {
    Json one{{"text", a.text}, {"score", a.score}, {"quality", a.quality}};
    if (options.alignment) one["alignment"] = pairs(links_of(a, options));
    alternatives.push_back(std::move(one));
  }
  Json json{{"text", translation.text},
            {"score", translation.score},
            {"quality", translation.quality},
            {"tokens", translation.tokens},
            {"alternatives", std::move(alternatives)}};
  if (!translation.source_tokens.empty()) json["source_tokens"] = translation.source_tokens;
  if (options.alignment) json["alignment"] = pairs(links_of(translation, options));
  if (!translation.attention.weights.empty()) {
    Json layers = Json::array();
    for (const Tensor& layer : translation.attention.weights) layers.push_back(nested(layer));
    json["attention"] = std::move(layers);
  }
  return json;
}

std::string one_line(std::string text) {
  std::string line;
  line.reserve(text.size());
  for (const char c : text) {
    if (c == '\n')
      line += "\\n";
    else if (c == '\r')
      line += "\\r";
    else
      line += c;
  }
  return line;
}

}  // namespace regard::tasks
