#include "regard/tensor/device.h"

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdlib>
#include <map>
#include <mutex>
#include <vector>

#include "regard/base/error.h"

namespace regard {
namespace {

// Sizes are rounded to an eighth of a power of two: at most 1/8 is wasted, and batches of slightly different
// length find each other's blocks.
std::size_t size_class(std::size_t bytes) {
  constexpr std::size_t smallest = 64;
  if (bytes <= smallest) return smallest;
  const std::size_t step = std::max(smallest, std::bit_floor(bytes - 1) / 8);
  return (bytes + step - 1) / step * step;
}

// Before each block stands its size, on a cache line of its own: a block may serve for less than it holds.
constexpr std::size_t header = 64;
std::size_t& size_of_block(void* block) {
  return *reinterpret_cast<std::size_t*>(static_cast<std::byte*>(block) - header);
}
void* new_block(std::size_t size) {
  void* memory = std::aligned_alloc(64, header + size);
  if (memory == nullptr) return nullptr;
  void* block = static_cast<std::byte*>(memory) + header;
  size_of_block(block) = size;
  return block;
}
void free_block(void* block) { std::free(static_cast<std::byte*>(block) - header); }

}  // namespace

struct Device::Allocator {
  std::mutex mutex;
  std::map<std::size_t, std::vector<void*>> kept;  // by size
  Statistics statistics;

  // The smallest block that holds `size` and not twice as much: ragged batches ask for all sizes between
  // their shortest and longest, and blocks for each of them would be many times what is ever in use.
  void* take(std::size_t size) {
    for (auto it = kept.lower_bound(size); it != kept.end() && it->first < 2 * size; ++it) {
      if (it->second.empty()) continue;
      void* block = it->second.back();
      it->second.pop_back();
      statistics.bytes_in_use += it->first;
      return block;
    }
    return nullptr;
  }
};

Device Device::cpu() {
  static Allocator* const allocator =
      new Allocator;  // never destroyed: tensors may outlive any static object
  return Device(allocator);
}

std::string_view Device::name() const { return "cpu"; }
bool Device::host_readable() const { return true; }

void* Device::allocate(std::size_t bytes) const {
  if (bytes > SIZE_MAX / 4) throw OutOfMemory(bytes);
  const std::size_t size = size_class(bytes);
  {
    const std::lock_guard lock(allocator_->mutex);
    if (void* block = allocator_->take(size)) return block;
  }
  void* block = new_block(size);
  if (block == nullptr) {
    trim();
    block = new_block(size);
  }
  if (block == nullptr) throw OutOfMemory(bytes);
  const std::lock_guard lock(allocator_->mutex);
  ++allocator_->statistics.system_allocations;
  allocator_->statistics.bytes_held += size;
  allocator_->statistics.bytes_in_use += size;
  return block;
}

void Device::release(void* block, [[maybe_unused]] std::size_t bytes) const noexcept {
  if (block == nullptr) return;
  const std::size_t size = size_of_block(block);
  assert(bytes <= size);
  const std::lock_guard lock(allocator_->mutex);
  allocator_->kept[size].push_back(block);
  allocator_->statistics.bytes_in_use -= size;
}

Device::Statistics Device::statistics() const {
  const std::lock_guard lock(allocator_->mutex);
  return allocator_->statistics;
}

void Device::trim() const {
  const std::lock_guard lock(allocator_->mutex);
  for (auto& [size, blocks] : allocator_->kept) {
    for (void* block : blocks) free_block(block);
    allocator_->statistics.bytes_held -= size * blocks.size();
    blocks.clear();
  }
}

}  // namespace regard
