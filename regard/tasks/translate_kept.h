#pragma once

#include <string>
#include <vector>

#include "regard/tasks/translate_result.h"

namespace regard::tasks {

// Puts the kept parts of a piece where their carriers came out, or else where the attention says; afterwards
// each stands in the text once for each time it stood in the source. The result needs its alignment.
void restore_kept(Result& result, const PieceTokens& piece);

}  // namespace regard::tasks
