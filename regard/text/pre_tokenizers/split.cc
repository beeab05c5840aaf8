#include "regard/text/pre_tokenizers/types.h"
#include "regard/text/regular_expression.h"

namespace regard::pre_tokenizers {
namespace {

class Split final : public PreTokenizer {
 public:
  Split(RegularExpression pattern, DelimiterBehavior behavior, bool inverted)
      : pattern_(std::move(pattern)), behavior_(behavior), inverted_(inverted) {}

  void split(Section& section) const override {
    std::vector<ByteRange> matches;
    split_pieces(section, behavior_, [&](std::string_view text, std::vector<Cut>& cuts) {
      pattern_.find_all(text, matches);
      std::uint32_t plain = 0;
      for (const ByteRange& match : matches) {
        if (plain < match.begin) cuts.push_back({{plain, match.begin}, inverted_});
        cuts.push_back({match, !inverted_});
        plain = match.end;
      }
      const auto size = static_cast<std::uint32_t>(text.size());
      if (plain < size) cuts.push_back({{plain, size}, inverted_});
    });
  }

 private:
  RegularExpression pattern_;
  DelimiterBehavior behavior_;
  bool inverted_;
};

}  // namespace

std::unique_ptr<PreTokenizer> parse_split(const JsonField& field) {
  return std::make_unique<Split>(parse_pattern(field.at("pattern")),
                                 parse_delimiter_behavior(field.at("behavior")),
                                 field.boolean_or("invert", false));
}

}  // namespace regard::pre_tokenizers
