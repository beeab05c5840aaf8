#include "regard/tensor/device.h"

#include <bit>
#include <cstdlib>
#include <mutex>
#include <unordered_map>
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

}  // namespace

struct Device::Allocator {
  std::mutex mutex;
  std::unordered_map<std::size_t, std::vector<void*>> kept;  // by size class
  Statistics statistics;
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
    auto& blocks = allocator_->kept[size];
    if (!blocks.empty()) {
      void* block = blocks.back();
      blocks.pop_back();
      allocator_->statistics.bytes_in_use += size;
      return block;
    }
  }
  void* block = std::aligned_alloc(64, size);
  if (block == nullptr) {
    trim();
    block = std::aligned_alloc(64, size);
  }
  if (block == nullptr) throw OutOfMemory(bytes);
  const std::lock_guard lock(allocator_->mutex);
  ++allocator_->statistics.system_allocations;
  allocator_->statistics.bytes_held += size;
  allocator_->statistics.bytes_in_use += size;
  return block;
}

void Device::release(void* block, std::size_t bytes) const noexcept {
  if (block == nullptr) return;
  const std::size_t size = size_class(bytes);
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
    for (void* block : blocks) std::free(block);
    allocator_->statistics.bytes_held -= size * blocks.size();
    blocks.clear();
  }
}

}  // namespace regard
