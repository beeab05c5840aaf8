#pragma once

#include <cstdint>
#include <span>

#include "regard/decode/generation_config.h"
#include "regard/kernels/context.h"
#include "regard/tensor/tensor.h"

namespace regard::decode {

// All that a search asks of a model. Sources were given to it; results are rows, each of which goes on from a
// source. Lives inside one step.
class Generator {
 public:
  virtual ~Generator() = default;
  virtual std::size_t sources() const = 0;
  virtual std::int64_t max_positions() const = 0;
  virtual const kernels::Context& kernels() const = 0;

  // The ids that the results of a source begin with, given and not generated, and how many of them its rows
  // have seen after `begin`: the search feeds the others one by one.
  virtual const TokenIds& prompt(std::size_t source) const = 0;
  virtual std::size_t seen(std::size_t source) const = 0;

  // Row r goes on from source rows[r], which do not fall. Logits [R,V], f32, of each row's next token.
  virtual Tensor begin(std::span<const int> rows) = 0;
  // One more token for every row.
  virtual Tensor next(std::span<const std::int32_t> ids) = 0;
  // Row r becomes what row parents[r] was; the number of rows may change.
  virtual void reorder(std::span<const int> parents) = 0;

  // The attention that a row's last step paid to each token of its source; empty where nobody asked for it.
  virtual std::span<const float> attention(std::size_t /*row*/, std::size_t /*source*/) const { return {}; }
};

}  // namespace regard::decode
