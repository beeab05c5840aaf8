#include "regard/text/byte_alphabet.h"
#include "regard/text/normalizers/types.h"

namespace regard::normalizers {
namespace {

class ByteLevel final : public Normalizer {
 public:
  void normalize(AlignedText& text) const override {
    TextEditor editor(text);
    while (!editor.at_end()) {
      editor.replace(to_byte_alphabet(editor.rest().substr(0, editor.next().length)));
    }
    text = editor.finish();
  }
};

}  // namespace

std::unique_ptr<Normalizer> parse_byte_level(const JsonField&) { return std::make_unique<ByteLevel>(); }

}  // namespace regard::normalizers
