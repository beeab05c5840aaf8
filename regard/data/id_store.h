#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace regard::data {

// Token ids, one after another, that are appended once and then read anywhere. Reads from several threads are
// safe beside each other, not beside an append. Error where they cannot be written or read back (a full
// disk).
class IdStore {
 public:
  virtual ~IdStore() = default;
  virtual void append(std::span<const std::int32_t> ids) = 0;
  // Fills `ids` with those that stand from the begin-th on; they must be there.
  virtual void read(std::uint64_t begin, std::span<std::int32_t> ids) const = 0;
};

std::unique_ptr<IdStore> ids_in_memory();

// In a file without a name in `folder`, which is gone when this object (or the process) is; two bytes an id
// where `vocabulary`, one more than the greatest id, allows it. Memory: a buffer of 1 MiB.
std::unique_ptr<IdStore> ids_in_file(const std::filesystem::path& folder, std::int64_t vocabulary);

}  // namespace regard::data
