#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "regard/autograd/var.h"
#include "regard/kernels/rotary.h"
#include "regard/nn/attention/rotary_scaling.h"

// Where a token stands: tables of rows that are added to embeddings, and rotations of queries and keys.

namespace regard {

// How a sinusoidal row is laid out: all sines, then all cosines (Marian, tensor2tensor), or sine and cosine
// in turn (the paper, DistilBERT).
enum class SinusoidalForm : std::uint8_t { half_split, interleaved };

// [longest,C], f64: sin and cos of position / 10000^(2i/C) (Vaswani et al. 2017). An odd C has one sine more.
Tensor sinusoidal_positions(std::int64_t longest, std::int64_t C, SinusoidalForm form);

// x[N,C] + table[positions[n] + offset]: learned (a parameter) or fixed (a constant) table [P,C]. `offset` is
// where a family's table begins (2 in BART). InputError when a position is beyond the table.
Var add_positions(const Var& x, const Var& table, std::span<const std::int32_t> positions,
                  std::int64_t offset = 0);

struct RotaryOptions {
  std::int64_t dims = 0;     // R: how many of the D elements turn; even
  std::int64_t longest = 0;  // positions the table is made for; later ones are computed when met
  double theta = 10000;
  kernels::RotaryPairs pairs = kernels::RotaryPairs::half_split;
  RotaryScaling scaling = {};
};

// Turns rows of queries and keys by their position (Su et al. 2021): a value, made once for a model. The
// default leaves rows as they are.
class Rotation {
 public:
  Rotation() = default;
  explicit Rotation(const RotaryOptions& options);  // UsageError for odd dims

  explicit operator bool() const { return options_.dims > 0; }
  const RotaryOptions& options() const { return options_; }
  // Cosines and sines [P,R/2] of a type for positions below `longest`, kept or made.
  struct Tables {
    Tensor cosines, sines;
  };
  Tables tables(DType type, std::int64_t longest) const;
  // The same rotation as a text of that many positions has it, with tables for them: what a pass begins with
  // (the frequencies of some scalings depend on the length).
  Rotation reaching(std::int64_t positions) const;

 private:
  void make(std::int64_t positions);

  RotaryOptions options_;
  std::int64_t length_ = 0;  // of the text whose frequencies these are
  Tables f32_, f64_;
};
inline Rotation none() { return {}; }
inline Rotation rotary(const RotaryOptions& options) { return Rotation(options); }

// x[N,H,D] turned by positions [N], with its gradient.
Var rotate(const Var& x, const Rotation& rotation, std::span<const std::int32_t> positions);

}  // namespace regard
