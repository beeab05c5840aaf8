#include "regard/text/metaspace.h"

#include "regard/text/pre_tokenizers/types.h"

namespace regard::pre_tokenizers {
namespace {

// SentencePiece's way with spaces: each becomes a visible character, one more may stand at the beginning, and
// pieces begin at it.
class MetaspaceSplit final : public PreTokenizer {
 public:
  explicit MetaspaceSplit(Metaspace settings) : settings_(std::move(settings)) {}

  void split(Section& section) const override {
    rewrite_pieces(section, [&](TextEditor& editor, ByteRange piece) {
      const std::string_view text = editor.rest().substr(0, piece.size());
      const bool marked = text[0] == ' ' || text.starts_with(settings_.replacement);
      const bool wanted = settings_.prepend == Metaspace::Prepend::always ||
                          (settings_.prepend == Metaspace::Prepend::first &&
                           section.text.origin(piece.begin, piece.begin + 1).begin == 0);
      if (!marked && wanted) editor.put(settings_.replacement, piece.begin);
      while (editor.position() < piece.end) {
        const std::string_view rest = editor.rest().substr(0, piece.end - editor.position());
        const std::size_t space = rest.find(' ');
        editor.keep(std::min(space, rest.size()));
        if (space != std::string_view::npos) editor.replace(settings_.replacement);
      }
    });
    if (!settings_.split) return;
    const char32_t mark = character_at(settings_.replacement, 0).code;
    split_at_characters(section, DelimiterBehavior::merged_with_next,
                        [mark](char32_t c) { return c == mark; });
  }

 private:
  Metaspace settings_;
};

}  // namespace

std::unique_ptr<PreTokenizer> parse_metaspace(const JsonField& field) {
  return std::make_unique<MetaspaceSplit>(regard::parse_metaspace(field));
}

}  // namespace regard::pre_tokenizers
