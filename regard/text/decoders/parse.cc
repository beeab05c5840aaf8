#include "regard/text/decoders/types.h"
#include "regard/text/parse_table.h"

namespace regard {

std::unique_ptr<Decoder> parse_decoder(const JsonField& field) {
  using namespace decoders;
  static constexpr ParseRow<Decoder> kRows[] = {
      {"Sequence", parse_sequence},
      {"ByteLevel", parse_byte_level},
      {"WordPiece", parse_word_piece},
      {"Metaspace", parse_metaspace},
      {"BPEDecoder", parse_bpe},
      {"CTC", parse_ctc},
      {"ByteFallback", parse_byte_fallback},
      {"Fuse", parse_fuse},
      {"Strip", parse_strip},
      {"Replace", parse_replace},
  };
  if (field.value().is_null()) return nullptr;
  return parse_by_type<Decoder>(field, kRows);
}

}  // namespace regard
