#pragma once

#include <cstdint>

#include "regard/text/tokenizer.h"

namespace regard::tasks {

// The tokens by which a masked language model frames a text and hides tokens of it.
struct MaskFrame {
  std::int32_t begin, end, mask;
};
// InputError where the tokenizer has not all of them.
MaskFrame mask_frame(const Tokenizer& tokenizer);

}  // namespace regard::tasks
