#include "regard/decode/causal_generator.h"

#include <algorithm>
#include <cstring>

#include "regard/autograd/ops/elementwise.h"
#include "regard/base/error.h"

namespace regard::decode {
namespace {

constexpr std::size_t piece =
    512;  // tokens: enough for products at full speed, and a tenth of a second or so

}  // namespace

Tensor CausalGenerator::read_prompts() {
  std::size_t longest = 0;
  for (const TokenIds& prompt : prompts_) longest = std::max(longest, prompt.size());
  Tensor last;
  std::int64_t read = 0;
  for (std::size_t begin = 0; begin < longest; begin += piece) {
    if (watch_.cancelled && watch_.cancelled()) throw Interrupted("interrupted");
    std::vector<TokenIds> parts;
    for (const TokenIds& prompt : prompts_) {
      const auto at = prompt.begin() + static_cast<std::ptrdiff_t>(std::min(begin, prompt.size()));
      const auto end = prompt.begin() + static_cast<std::ptrdiff_t>(std::min(begin + piece, prompt.size()));
      parts.emplace_back(at, end);
      read += static_cast<std::int64_t>(parts.back().size());
    }
    const Tensor ends = model_.read(*state_, TokenBatch::of(parts)).value();
    if (!last) last = Tensor::zeros(ends.shape(), ends.dtype());
    const std::size_t bytes = ends.bytes() / prompts_.size();
    for (std::size_t i = 0; i < prompts_.size(); ++i)
      if (!parts[i].empty())
        std::memcpy(static_cast<std::byte*>(last.mutable_view().data) + i * bytes,
                    static_cast<const std::byte*>(ends.view().data) + i * bytes, bytes);
    if (watch_.read) watch_.read(read);
  }
  return last;
}

Tensor CausalGenerator::begin(std::span<const int> rows) {
  state_ = model_.begin(step_, static_cast<std::int64_t>(prompts_.size()));
  const Var hidden = step_.constant(read_prompts());
  const std::vector<std::int32_t> sources(rows.begin(), rows.end());
  const Tensor each = Tensor::from<std::int32_t>({static_cast<std::int64_t>(sources.size())}, sources);
  state_->reorder(rows);
  return gather_rows(model_.logits(hidden), each).value().to(DType::f32);
}

Tensor CausalGenerator::next(std::span<const std::int32_t> ids) {
  return model_.next(*state_, ids).value().to(DType::f32);
}

}  // namespace regard::decode
