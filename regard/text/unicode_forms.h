#pragma once

#include "regard/text/aligned_text.h"

namespace regard {

// The normalization forms of Unicode Standard Annex 15.
enum class UnicodeForm { nfc, nfd, nfkc, nfkd };

// In time n log n for any text, however many marks follow each other. A composed character is aligned with
// the first of its parts, as in `tokenizers`.
void normalize_unicode(AlignedText& text, UnicodeForm form);

}  // namespace regard
