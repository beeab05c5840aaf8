#include "regard/tasks/temperature.h"

#include <algorithm>
#include <cmath>

#include "regard/base/file.h"
#include "regard/base/json.h"

namespace regard::tasks {
namespace {

constexpr const char* file_name = "calibration.json";
constexpr double least = 0.05, most = 20;

double log_sum_exp(std::span<const double> x, double scale) {
  const double top = *std::max_element(x.begin(), x.end()) * scale;
  double sum = 0;
  for (const double v : x) sum += std::exp(v * scale - top);
  return top + std::log(sum);
}

// log(1 + exp(x))
double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

}  // namespace

double mean_loss(const LabeledLogits& data, double temperature) {
  const double scale = 1 / temperature;
  const std::span<const double> logits(data.logits);
  double sum = 0;
  if (data.classes.empty()) {
    for (std::size_t i = 0; i < logits.size(); ++i)
      sum += softplus(logits[i] * scale) - data.truth[i] * logits[i] * scale;
    return logits.empty() ? 0 : sum / static_cast<double>(logits.size());
  }
  for (std::size_t b = 0; b < data.classes.size(); ++b) {
    const auto row = logits.subspan(b * data.labels, data.labels);
    sum += log_sum_exp(row, scale) - row[static_cast<std::size_t>(data.classes[b])] * scale;
  }
  return sum / static_cast<double>(data.classes.size());
}

// Golden-section search in 1 / temperature (Kiefer 1953).
double best_temperature(const LabeledLogits& data) {
  const double share = (std::sqrt(5.0) - 1) / 2;
  double low = 1 / most, high = 1 / least;
  const auto loss = [&](double scale) { return mean_loss(data, 1 / scale); };
  double a = high - share * (high - low), b = low + share * (high - low);
  double at_a = loss(a), at_b = loss(b);
  while (high - low > 1e-5 * high) {
    if (at_a < at_b) {
      high = b;
      b = a;
      at_b = at_a;
      a = high - share * (high - low);
      at_a = loss(a);
    } else {
      low = a;
      a = b;
      at_a = at_b;
      b = low + share * (high - low);
      at_b = loss(b);
    }
  }
  return 2 / (low + high);
}

double read_temperature(const std::filesystem::path& directory) {
  const auto file = directory / file_name;
  if (!std::filesystem::exists(file)) return 1;
  const Json json = read_json(file);
  const JsonField temperature = JsonField(json, file.string()).at("temperature");
  const double value = temperature.number();
  if (!(value > 0) || !std::isfinite(value)) temperature.refuse("a number above 0");
  return value;
}

void write_temperature(const std::filesystem::path& directory, double temperature) {
  write_atomically(directory / file_name, to_pretty({{"temperature", temperature}}));
}

}  // namespace regard::tasks
