#include "regard/data/token_stream.h"

#include <zlib.h>

#include <algorithm>
#include <cassert>

namespace regard::data {

void TokenStream::add(std::span<const std::int32_t> ids) {
  store_->append(ids);
  size_ += ids.size();
  checksum_ = static_cast<std::uint32_t>(
      ::crc32_z(checksum_, reinterpret_cast<const Bytef*>(ids.data()), ids.size_bytes()));
}

BlockPlan plan_blocks(std::uint64_t size, const BlockOptions& options, RandomKey key) {
  assert(options.length > options.overlap && options.rows > 0);
  const auto length = static_cast<std::uint64_t>(options.length);
  if (size <= length) return plan_blocks_in_order(size, options);
  const std::uint64_t stride = length - static_cast<std::uint64_t>(options.overlap);
  RandomStream random(key);
  const std::uint64_t first = random.below(std::min(stride, size - length + 1));
  BlockPlan plan;
  plan.rows_ = static_cast<std::size_t>(options.rows);
  for (std::uint64_t begin = first; begin + length <= size; begin += stride)
    plan.blocks_.push_back({begin, options.length});
  for (std::size_t i = plan.blocks_.size(); i > 1; --i)  // Fisher & Yates
    std::swap(plan.blocks_[i - 1], plan.blocks_[random.below(i)]);
  return plan;
}

BlockPlan plan_blocks_in_order(std::uint64_t size, const BlockOptions& options) {
  assert(options.length > options.overlap && options.rows > 0);
  const auto length = static_cast<std::uint64_t>(options.length),
             overlap = static_cast<std::uint64_t>(options.overlap);
  BlockPlan plan;
  plan.rows_ = static_cast<std::size_t>(options.rows);
  for (std::uint64_t begin = 0; begin + overlap < size; begin += length - overlap)
    plan.blocks_.push_back({begin, static_cast<std::int64_t>(std::min(length, size - begin))});
  return plan;
}

}  // namespace regard::data
