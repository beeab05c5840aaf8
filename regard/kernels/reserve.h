#pragma once

#include <algorithm>
#include <cstring>

#include "regard/kernels/context.h"

namespace regard::kernels {

// Sees to it that the cache holds as many blocks of scratch memory (`count` elements each) as chunks can want
// at a time. How many do depends on which threads happen to be free, so without it a step that has often been
// made could still meet its first miss.
template <class T>
void reserve_scratch(const Context& context, std::int64_t count, std::int64_t chunks) {
  if (chunks <= 0) return;
  const std::int64_t threads = context.threads == nullptr ? 1 : context.threads->threads();
  const std::size_t bytes = std::max(sizeof(void*), static_cast<std::size_t>(count) * sizeof(T));
  void* taken = nullptr;  // each block holds the address of the one before
  for (std::int64_t i = std::min(threads, chunks); i > 1; --i) {
    void* const block = context.device.allocate(bytes);
    std::memcpy(block, &taken, sizeof taken);
    taken = block;
  }
  void* const one_more = context.device.allocate(bytes);
  context.device.release(one_more, bytes);
  while (taken != nullptr) {
    void* const block = taken;
    std::memcpy(&taken, block, sizeof taken);
    context.device.release(block, bytes);
  }
}

}  // namespace regard::kernels
