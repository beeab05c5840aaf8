#include <fmt/format.h>

#include <map>

#include "regard/text/post_processors/types.h"

namespace regard::post_processors {
namespace {

constexpr std::int64_t kMaxIds = std::int64_t{1} << 24;
constexpr std::int64_t kMaxTypes = 65536;

// A part of a template: a text, or special tokens.
struct Part {
  std::size_t text = 0;  // 0 or 1, where there are no tokens
  std::vector<Token> tokens;
  bool is_text = false;
  std::int32_t type = 0;
};

using Parts = std::vector<Part>;

class Template final : public PostProcessor {
 public:
  Template(Parts single, Parts pair) : single_(std::move(single)), pair_(std::move(pair)) {}

  std::size_t added(std::size_t texts) const override {
    std::size_t count = 0;
    for (const Part& part : texts == 2 ? pair_ : single_) count += part.tokens.size();
    return count;
  }

  void finish(std::vector<std::vector<Token>>& runs, SpecialTokens special, Texts) const override {
    std::vector<std::vector<Token>> made;
    for (const Part& part : runs.size() == 2 ? pair_ : single_) {
      if (!part.is_text) {
        if (special == SpecialTokens::keep) made.push_back(part.tokens);
        continue;
      }
      made.push_back(runs[part.text]);
      for (Token& token : made.back()) token.type = part.type;
    }
    runs = std::move(made);
  }

 private:
  Parts single_;
  Parts pair_;
};

std::vector<Token> parse_special(const JsonField& field) {
  std::vector<Token> tokens;
  const std::vector<JsonField> pieces = field.at("tokens").items();
  const std::vector<JsonField> ids = field.at("ids").items();
  if (pieces.size() != ids.size()) field.refuse("as many ids as tokens");
  for (std::size_t i = 0; i < ids.size(); ++i) {
    Token token;
    token.id = static_cast<std::int32_t>(ids[i].integer_within(0, kMaxIds - 1));
    token.piece = pieces[i].text();
    token.special = true;
    tokens.push_back(std::move(token));
  }
  return tokens;
}

Parts parse_parts(const JsonField& field, const std::optional<JsonField>& special, std::size_t texts) {
  Parts parts;
  for (const JsonField& item : field.items()) {
    Part part;
    const auto text = item.find("Sequence");
    const JsonField inner = text ? *text : item.at("SpecialToken");
    part.type = static_cast<std::int32_t>(inner.at("type_id").integer_within(0, kMaxTypes));
    part.is_text = text.has_value();
    const JsonField id = inner.at("id");
    if (part.is_text) {
      part.text = id.one_of({"A", "B"}) == "B" ? 1 : 0;
      if (part.text >= texts) id.refuse("A, the only text");
    } else {
      const auto tokens = special ? special->find(id.text()) : std::nullopt;
      if (!tokens) id.refuse("one of special_tokens");
      part.tokens = parse_special(*tokens);
      for (Token& token : part.tokens) token.type = part.type;
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

}  // namespace

std::unique_ptr<PostProcessor> parse_template(const JsonField& field) {
  const auto special = field.find("special_tokens");
  return std::make_unique<Template>(parse_parts(field.at("single"), special, 1),
                                    parse_parts(field.at("pair"), special, 2));
}

}  // namespace regard::post_processors
