#pragma once

#include <filesystem>
#include <span>
#include <vector>

// Calibration: logits divided by a temperature give probabilities that are as sure as the model is right (Guo
// et al. 2017). It changes no decision.

namespace regard::tasks {

struct LabeledLogits {
  std::vector<double> logits;  // [B,L]
  std::size_t labels = 0;      // L
  // [B] classes, of which softmax gives the probability; or, where empty, `truth` [B,L] of 0 and 1 for
  // sigmoids.
  std::vector<std::int32_t> classes;
  std::vector<double> truth;
};

// The mean negative log-likelihood, nats an example (an element, for sigmoids).
double mean_loss(const LabeledLogits& data, double temperature);

// The temperature, 0.05 to 20, at which that is least: the loss is convex in 1 / temperature.
double best_temperature(const LabeledLogits& data);

// calibration.json in a checkpoint's directory, which transformers does not read. InputError for a damaged
// one; 1 where there is none.
double read_temperature(const std::filesystem::path& directory);
void write_temperature(const std::filesystem::path& directory, double temperature);

}  // namespace regard::tasks
