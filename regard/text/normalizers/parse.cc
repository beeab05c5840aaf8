#include "regard/text/normalizers/types.h"
#include "regard/text/parse_table.h"

namespace regard {

std::unique_ptr<Normalizer> parse_normalizer(const JsonField& field) {
  using namespace normalizers;
  static constexpr ParseRow<Normalizer> kRows[] = {
      {"Sequence", parse_sequence},
      {"NFC", parse_nfc},
      {"NFD", parse_nfd},
      {"NFKC", parse_nfkc},
      {"NFKD", parse_nfkd},
      {"Lowercase", parse_lowercase},
      {"Strip", parse_strip},
      {"StripAccents", parse_strip_accents},
      {"Replace", parse_replace},
      {"Prepend", parse_prepend},
      {"BertNormalizer", parse_bert},
      {"Nmt", parse_nmt},
      {"Precompiled", parse_precompiled},
      {"ByteLevel", parse_byte_level},
  };
  if (field.value().is_null()) return nullptr;
  return parse_by_type<Normalizer>(field, kRows);
}

}  // namespace regard
