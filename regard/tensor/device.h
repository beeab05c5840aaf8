#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace regard {

// Where tensors live, and the caching allocator that belongs to it: freed blocks are kept by size and handed
// out again, so after one epoch of shapes a training step asks the system for no memory. A handle; equal ones
// are the same place. The allocator is the one process-wide state of the library. Thread-safe.
class Device {
 public:
  static Device cpu();

  std::string_view name() const;
  bool host_readable() const;  // whether code outside kernels may follow a pointer into its memory

  // At least `bytes` bytes aligned to 64; throws OutOfMemory. Give back with release and the same number.
  void* allocate(std::size_t bytes) const;
  void release(void* block, std::size_t bytes) const noexcept;

  struct Statistics {
    std::uint64_t system_allocations = 0;  // blocks asked of the system so far
    std::size_t bytes_held = 0;            // from the system, in use or kept
    std::size_t bytes_in_use = 0;
  };
  Statistics statistics() const;
  void trim() const;  // gives the kept blocks back to the system

  bool operator==(const Device&) const = default;

 private:
  struct Allocator;
  explicit Device(Allocator* allocator) : allocator_(allocator) {}
  Allocator* allocator_;
};

}  // namespace regard
