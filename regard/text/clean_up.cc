#include "regard/text/clean_up.h"

#include <array>
#include <utility>

namespace regard {
namespace {

using Rule = std::pair<std::string_view, std::string_view>;

constexpr std::array<Rule, 7> kPunctuation = {{
    {" .", "."},
    {" ?", "?"},
    {" !", "!"},
    {" ,", ","},
    {" ' ", "'"},
    {" n't", "n't"},
    {" 'm", "'m"},
}};
constexpr Rule kNegation = {" do not", " don't"};
constexpr std::array<Rule, 3> kVerbs = {{{" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}}};

}  // namespace

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  if (from.empty() || text.find(from) == std::string::npos) return;
  std::string made;
  std::size_t done = 0;
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, done)) {
    made.append(text, done, at - done);
    made += to;
    done = at + from.size();
  }
  text = made.append(text, done);
}

void clean_up_text(std::string& text) {
  for (const auto& [from, to] : kPunctuation) replace_all(text, from, to);
  for (const auto& [from, to] : kVerbs) replace_all(text, from, to);
}

void clean_up_token(std::string& token) {
  for (const auto& [from, to] : kPunctuation) replace_all(token, from, to);
  replace_all(token, kNegation.first, kNegation.second);
  for (const auto& [from, to] : kVerbs) replace_all(token, from, to);
}

}  // namespace regard
