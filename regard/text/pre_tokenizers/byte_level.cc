#include "regard/text/gpt2_words.h"
#include "regard/text/pre_tokenizers/types.h"

namespace regard::pre_tokenizers {
namespace {

class ByteLevel final : public PreTokenizer {
 public:
  ByteLevel(bool prefix_space, bool words) : prefix_space_(prefix_space), words_(words) {}

  void split(Section& section) const override {
    if (prefix_space_ && lacks_space(section)) {
      rewrite_pieces(section, [](TextEditor& editor, ByteRange piece) {
        if (editor.next().code != ' ') editor.put(" ", piece.begin);
        editor.keep(piece.size());
      });
    }
    if (words_) {
      std::vector<ByteRange> pieces;
      pieces.reserve(section.text.text().size() / 4 + 4);
      for (const ByteRange& piece : section.pieces) {
        append_gpt2_words(section.text.view(piece), piece.begin, pieces);
      }
      section.pieces = std::move(pieces);
    }
    section.bytes = true;
  }

 private:
  static bool lacks_space(const Section& section) {
    for (const ByteRange& piece : section.pieces) {
      if (section.text.text()[piece.begin] != ' ') return true;
    }
    return false;
  }

  bool prefix_space_;
  bool words_;
};

}  // namespace

std::unique_ptr<PreTokenizer> parse_byte_level(const JsonField& field) {
  return std::make_unique<ByteLevel>(field.boolean_or("add_prefix_space", true),
                                     field.boolean_or("use_regex", true));
}

}  // namespace regard::pre_tokenizers
