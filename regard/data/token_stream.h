#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "regard/base/random.h"
#include "regard/data/id_store.h"

namespace regard::data {

// The ids of running text, documents one after another, as one long row.
class TokenStream {
 public:
  explicit TokenStream(std::unique_ptr<IdStore> store = ids_in_memory()) : store_(std::move(store)) {}

  void add(std::span<const std::int32_t> ids);
  std::uint64_t size() const { return size_; }
  std::uint32_t checksum() const { return checksum_; }  // CRC-32 of the ids

  // ids.size() of them from `begin` on; they must be there. Threads may read at once.
  void read(std::uint64_t begin, std::span<std::int32_t> ids) const { store_->read(begin, ids); }

 private:
  std::unique_ptr<IdStore> store_;
  std::uint64_t size_ = 0;
  std::uint32_t checksum_ = 0;
};

// A cut of a stream.
struct Block {
  std::uint64_t begin = 0;
  std::int64_t length = 0;
};

struct BlockOptions {
  std::int64_t length = 0;  // ids of a block
  std::int64_t overlap =
      0;                  // ids that neighbors share: 1 where every id but the first is to be predicted once
  std::int64_t rows = 1;  // blocks of a batch
};

// Which blocks stand together, batch after batch.
class BlockPlan {
 public:
  std::size_t size() const { return (blocks_.size() + rows_ - 1) / rows_; }  // batches
  std::span<const Block> operator[](std::size_t batch) const {
    const std::size_t begin = batch * rows_;
    return {blocks_.data() + begin, std::min(rows_, blocks_.size() - begin)};
  }

 private:
  friend BlockPlan plan_blocks(std::uint64_t, const BlockOptions&, RandomKey);
  friend BlockPlan plan_blocks_in_order(std::uint64_t, const BlockOptions&);
  std::vector<Block> blocks_;
  std::size_t rows_ = 1;
};

// All blocks of that length of a stream of `size` ids, in a new order and cut at a new place in every epoch
// (a first id is drawn; what stands before it, and what is left at the end, waits for another epoch). Where
// the stream is shorter than a block it is one block. A function of its arguments alone.
BlockPlan plan_blocks(std::uint64_t size, const BlockOptions& options, RandomKey key);

// Without chance: from the beginning, the last block as long as what is left.
BlockPlan plan_blocks_in_order(std::uint64_t size, const BlockOptions& options);

}  // namespace regard::data
