#pragma once

#include "regard/base/json.h"

namespace regard {

// Replaces the scores of a unigram model in a document of tokenizer.json by what `tokenizers` reads in their
// place. Its JSON reader is off by a last bit now and then, and between two splits of equal probability that
// bit decides. What is no unigram model is left alone.
void read_scores_as_tokenizers(Json& document);

}  // namespace regard
