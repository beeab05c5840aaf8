#include "regard/tasks/temperature.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "regard/base/error.h"

namespace regard::tasks {
namespace {

TEST(Temperature, MakesProbabilitiesAsSureAsTheyAreRight) {
  // Of four, three are right at logits (10, 0): the probability must become 3/4, at logits apart by log 3.
  const LabeledLogits data{{10, 0, 10, 0, 10, 0, 10, 0}, 2, {0, 0, 0, 1}, {}};
  EXPECT_NEAR(best_temperature(data), 10 / std::log(3.0), 1e-3);
  EXPECT_NEAR(mean_loss(data, best_temperature(data)), -(3 * std::log(0.75) + std::log(0.25)) / 4, 1e-8);
  EXPECT_NEAR(mean_loss(data, 1), 2.5 + std::log1p(std::exp(-10.0)), 1e-12);
}

TEST(Temperature, OfSigmoids) {
  const LabeledLogits data{{8, 8, 8, 8}, 1, {}, {1, 1, 1, 0}};
  EXPECT_NEAR(best_temperature(data), 8 / std::log(3.0), 1e-3);
}

TEST(Temperature, IsKeptBesideTheModel) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "temperature";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  EXPECT_EQ(read_temperature(folder), 1);
  write_temperature(folder, 1.25);
  EXPECT_EQ(read_temperature(folder), 1.25);
  std::ofstream(folder / "calibration.json") << "{\"temperature\": 0}";
  EXPECT_THROW(read_temperature(folder), InputError);
}

}  // namespace
}  // namespace regard::tasks
