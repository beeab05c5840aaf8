#pragma once

#include <span>
#include <string>

#include "regard/nn/attention/bias.h"
#include "regard/nn/attention/position.h"
#include "regard/nn/parameters.h"

namespace regard::nn {

// How a stack of blocks knows the order of its tokens: rows added to the embeddings (fixed sines or a learned
// table), queries and keys turned by their positions (Su et al. 2021), or a number for each head and distance
// added to the scores, learned (Raffel et al. 2020) or fixed (Press et al. 2022).
enum class PositionType : std::uint8_t { sinusoidal, learned, rotary, relative, alibi };

struct PositionShape {
  PositionType type = PositionType::sinusoidal;
  std::int64_t longest = 0;                // positions
  std::int64_t offset = 0;                 // rows of a learned table before that of position 0
  std::int64_t width = 0;                  // C
  std::int64_t heads = 0, head_width = 0;  // H, D
  double theta = 10000;                    // of rotary
  std::int64_t rotary_dims = 0;            // how many of a head's D elements turn; 0: all
  RotaryScaling rotary_scaling = {};
  BucketOptions buckets;  // of relative
};
// As in the checkpoint: of the learned table [P,C], and of the learned biases [buckets,H].
struct PositionNames {
  std::string table, bias;
};

// The three places where positions enter a stack; where a type does not use one, it is the absent value
// there.
class Positions {
 public:
  Positions(Parameters& parameters, const PositionNames& names, const PositionShape& shape);

  Var table(Step& step) const;  // [P,C], to be added to the embeddings
  // i32 [N]: the rows of the table that belong to positions.
  Tensor rows(std::span<const std::int32_t> positions) const;
  const Rotation& rotation() const { return rotation_; }  // of self-attention's queries and keys
  Bias bias(Step& step, std::int64_t longest) const;      // of self-attention in texts of up to `longest`

 private:
  Tensor fixed_, fixed_f32_;              // [P,C], f64 and rounded
  const Parameter* learned_ = nullptr;    // [P,C]
  const Parameter* by_bucket_ = nullptr;  // [buckets,H]
  Rotation rotation_;
  BucketOptions buckets_;
  std::int64_t offset_;
  std::int64_t alibi_heads_ = 0;
};

}  // namespace regard::nn
