#include "regard/cli/memory.h"

#include <cstdlib>
#include <new>

namespace {

thread_local std::size_t refused = 0;

}  // namespace

namespace regard::cli {

std::size_t bytes_refused() { return refused; }

}  // namespace regard::cli

// The forms for arrays and the ones that do not throw call this one.
void* operator new(std::size_t bytes) {
  if (void* block = std::malloc(bytes == 0 ? 1 : bytes)) return block;
  refused = bytes;
  throw std::bad_alloc();
}

void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
