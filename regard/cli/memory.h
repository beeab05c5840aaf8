#pragma once

#include <cstddef>

namespace regard::cli {

// The bytes that the last failed allocation of this thread asked for; 0 where none failed. std::bad_alloc
// does not say it, so the program replaces operator new (memory.cc).
std::size_t bytes_refused();

}  // namespace regard::cli
