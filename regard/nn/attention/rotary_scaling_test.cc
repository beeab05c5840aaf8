#include "regard/nn/attention/rotary_scaling.h"

#include <gtest/gtest.h>

#include <cmath>

#include "regard/nn/attention/position.h"

namespace regard {
namespace {

using Type = RotaryScaling::Type;

void expect_frequencies(const RotaryFrequencies& found, const std::vector<double>& expected,
                        double amplitude) {
  ASSERT_EQ(found.per_position.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(found.per_position[i], expected[i], 1e-15) << "pair " << i;
  EXPECT_NEAR(found.amplitude, amplitude, 1e-15);
}

RotaryBase base(std::int64_t length) { return {.dims = 8, .theta = 500, .length = length}; }

// Numbers of transformers 5.23, computed in double.
TEST(RotaryScaling, FrequenciesAreThoseOfTransformers) {
  expect_frequencies(rotary_frequencies(base(3), {.type = Type::linear, .factor = 2.5}),
                     {0.4, 0.084589701075245133, 0.017888543819998319, 0.003782966436012703}, 1);
  const RotaryScaling dynamic{.type = Type::dynamic, .factor = 2, .max_positions = 8};
  expect_frequencies(rotary_frequencies(base(8), dynamic),
                     {1, 0.21147425268811282, 0.044721359549995794, 0.0094574160900317578}, 1);
  expect_frequencies(rotary_frequencies(base(13), dynamic),
                     {1, 0.16138505932360331, 0.026045137372882964, 0.0042032960400141149}, 1);
  expect_frequencies(
      rotary_frequencies(base(3), {.type = Type::llama3, .factor = 8, .original_positions = 64}),
      {1, 0.097616632656520916, 0.0055901699437494743, 0.0011821770112539697}, 1);
  expect_frequencies(rotary_frequencies(base(3), {.type = Type::yarn,
                                                  .factor = 4,
                                                  .original_positions = 64,
                                                  .amplitude = 1.1386294361119891,
                                                  .fast_turns = 8,
                                                  .slow_turns = 0.5}),
                     {1, 0.13217140793007051, 0.011180339887498949, 0.0023643540225079395},
                     1.1386294361119891);
  expect_frequencies(
      rotary_frequencies(base(3),
                         {.type = Type::yarn, .factor = 4, .original_positions = 64, .whole_bounds = false}),
      {1, 0.10530561338643474, 0.011180339887498949, 0.0023643540225079395}, 1);
  const RotaryScaling by_pair{.type = Type::long_rope,
                              .original_positions = 64,
                              .short_factors = {1, 1.5, 2, 2.5},
                              .long_factors = {1, 2, 4, 8}};
  expect_frequencies(rotary_frequencies(base(64), by_pair),
                     {1, 0.14098283512540855, 0.022360679774997897, 0.0037829664360127038}, 1);
  expect_frequencies(rotary_frequencies(base(65), by_pair),
                     {1, 0.10573712634405641, 0.011180339887498949, 0.0011821770112539697}, 1);
}

TEST(RotaryScaling, ATextThatOutgrowsItsTablesGetsThoseOfItsLength) {
  const Rotation fixed = rotary({.dims = 8, .longest = 4, .theta = 500});
  EXPECT_EQ(fixed.reaching(3).tables(DType::f64, 3).cosines.size(0), 4);
  EXPECT_EQ(fixed.reaching(9).tables(DType::f64, 3).cosines.size(0), 9);
  const Rotation dynamic = rotary({.dims = 8,
                                   .longest = 8,
                                   .theta = 500,
                                   .scaling = {.type = Type::dynamic, .factor = 2, .max_positions = 8}});
  const auto angle = [](const Rotation& r) {  // of pair 1, from position 0 to 1
    return std::asin(r.tables(DType::f64, 2).sines.to_doubles()[4 + 1]);
  };
  EXPECT_NEAR(angle(dynamic.reaching(8)), 0.21147425268811282, 1e-15);
  EXPECT_NEAR(angle(dynamic.reaching(13)), 0.16138505932360331, 1e-15);
  EXPECT_NEAR(angle(dynamic.reaching(13).reaching(8)), 0.21147425268811282, 1e-15);
}

}  // namespace
}  // namespace regard
