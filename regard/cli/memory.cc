#include "regard/cli/memory.h"

#include <cstdlib>
#include <new>

namespace {

thread_local std::size_t refused = 0;

}  // namespace

namespace regard::cli {

std::size_t bytes_refused() { return refused; }

}  // namespace regard::cli

// The forms for arrays call this one.
void* operator new(std::size_t bytes) {
  if (void* block = std::malloc(bytes == 0 ? 1 : bytes)) return block;
  refused = bytes;
  throw std::bad_alloc();
}

// Those that may give nothing, of which nobody complains. Replaced together with the rest, or a sanitizer's
// own would hand out what the ones below free.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return std::malloc(bytes == 0 ? 1 : bytes);
}

void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { std::free(block); }
