#pragma once

#include <cstdint>
#include <vector>

// How fast each pair of a rotary embedding turns: theta^(-2i/R) radians a position (Su et al. 2021), changed
// so that a model reads longer texts than it was trained on.

namespace regard {

struct RotaryScaling {
  enum class Type : std::uint8_t {
    none,
    linear,    // positions divided by `factor` (Chen et al. 2023)
    dynamic,   // theta grows with texts beyond max_positions ("NTK-aware")
    llama3,    // slow pairs divided by `factor`, fast ones kept, those between mixed
    yarn,      // the same by other bounds, and larger rows (Peng et al. 2023)
    long_rope  // each pair by a factor of its own (Ding et al. 2024)
  } type = Type::none;
  double factor = 1;
  double max_positions = 0;                         // dynamic: where growing begins
  double original_positions = 0;                    // llama3, yarn, long_rope: of the text it was trained on
  double amplitude = 1;                             // of the turned rows: "attention_factor"
  double low_frequency = 1, high_frequency = 4;     // llama3
  double fast_turns = 32, slow_turns = 1;           // yarn: beta_fast, beta_slow
  bool whole_bounds = true;                         // yarn: the pairs between which is mixed are rounded
  std::vector<double> short_factors, long_factors;  // long_rope: [R/2]

  // Whether texts of these two lengths have the same frequencies.
  bool same_frequencies(std::int64_t a, std::int64_t b) const;
};

struct RotaryFrequencies {
  std::vector<double> per_position;  // [R/2]: radians
  double amplitude = 1;              // of cosines and sines
};
struct RotaryBase {
  std::int64_t dims = 0;  // R
  double theta = 10000;
  std::int64_t length = 0;  // of the text
};
RotaryFrequencies rotary_frequencies(const RotaryBase& base, const RotaryScaling& scaling);

}  // namespace regard
