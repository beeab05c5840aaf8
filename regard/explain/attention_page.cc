#include "regard/explain/attention_page.h"

#include <fmt/format.h>

#include <cmath>
#include <string_view>

#include "regard/base/error.h"
#include "regard/base/json.h"
#include "regard/chart/svg.h"
#include "regard/explain/attention_page_template.h"

namespace regard::explain {
namespace {

// JSON inside a script element ends at "</script" and changes meaning at "<!--": no "<" is left in it.
std::string escaped_json(const Json& json) {
  std::string out;
  for (const char c : to_line(json)) {
    if (c == '<')
      out += "\\u003c";
    else
      out += c;
  }
  return out;
}

// [H,T,S] as heads of rows, in ten-thousandths: whole numbers keep the page small.
Json weights_json(const Tensor& weights) {
  constexpr double unit = 10000;
  const auto values = weights.to_doubles();
  Json heads = Json::array();
  std::size_t i = 0;
  for (std::int64_t h = 0; h < weights.size(0); ++h) {
    Json rows = Json::array();
    for (std::int64_t t = 0; t < weights.size(1); ++t) {
      Json row = Json::array();
      for (std::int64_t s = 0; s < weights.size(2); ++s) row.push_back(std::lround(values[i++] * unit));
      rows.push_back(std::move(row));
    }
    heads.push_back(std::move(rows));
  }
  return heads;
}

Json example_json(const AttentionExample& example) {
  const auto targets = static_cast<std::int64_t>(example.target_tokens.size());
  const auto sources = static_cast<std::int64_t>(example.source_tokens.size());
  Json layers = Json::array();
  for (const Tensor& layer : example.attention.weights) {
    if (layer.rank() != 3 || layer.size(1) != targets || layer.size(2) != sources)
      throw UsageError(fmt::format("attention page: found weights {}, expected [heads, {}, {}]",
                                   layer.shape().to_string(), targets, sources));
    layers.push_back(weights_json(layer));
  }
  return {{"source", example.source},
          {"target", example.target},
          {"sourceTokens", example.source_tokens},
          {"targetTokens", example.target_tokens},
          {"layers", std::move(layers)}};
}

// Puts `value` in place of the one mark in the template.
void fill(std::string& page, std::string_view mark, const std::string& value) {
  page.replace(page.find(mark), mark.size(), value);
}

}  // namespace

std::string attention_page(const AttentionPage& page) {
  Json examples = Json::array();
  for (const AttentionExample& example : page.examples) examples.push_back(example_json(example));
  std::string html(attention_page_template());
  // From the end on, so that a mark in what is put in is not taken for one.
  fill(html, "@DATA@", escaped_json(examples));
  fill(html, "@NOTE@", chart::escaped(page.note));
  fill(html, "@HEADING@", chart::escaped(page.title));
  fill(html, "@TITLE@", chart::escaped(page.title));
  return html;
}

}  // namespace regard::explain
