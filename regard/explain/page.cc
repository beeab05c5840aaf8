#include "regard/explain/page.h"

#include <cmath>
#include <string_view>

#include "regard/base/json.h"
#include "regard/chart/svg.h"
#include "regard/explain/page_template.h"

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

// Puts `value` in place of the one mark in the template.
void fill(std::string& page, std::string_view mark, const std::string& value) {
  page.replace(page.find(mark), mark.size(), value);
}

// Numbers that are only looked at, with as many digits as are shown: a page stays small.
void round_numbers(Json& json) {
  constexpr double digits = 1e6;
  if (json.is_number_float()) {
    const double x = json.get<double>();
    if (std::fabs(x) < 1e6) json = std::round(x * digits) / digits;
  }
  if (json.is_structured())
    for (Json& item : json) round_numbers(item);
}

}  // namespace

std::string html_page(const Page& page) {
  Json examples = Json::array();
  for (const PageExample& example : page.examples) {
    Json json = to_json(example.explanation, JsonAttention::bytes);
    if (!example.name.empty()) json["name"] = example.name;
    round_numbers(json);
    examples.push_back(std::move(json));
  }
  std::string script;
  for (const std::string_view part : {page_script_basics(), page_script_answers(), page_script_maps(),
                                      page_script_attention(), page_script_neurons(), page_script_frame()})
    script += part;
  std::string html(page_template());
  // From the end on, so that a mark in what is put in is not taken for one.
  fill(html, "@SCRIPT@", script);
  fill(html, "@DATA@", escaped_json(examples));
  fill(html, "@NOTE@", chart::escaped(page.note));
  fill(html, "@HEADING@", chart::escaped(page.title));
  fill(html, "@TITLE@", chart::escaped(page.title));
  return html;
}

}  // namespace regard::explain
