#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace regard::train {

// Which updates are spikes: those whose loss or gradient norm lies more than `deviations` standard deviations
// above the mean of the last `window` updates. The idea is that of OLMo's SkipStepOptimizer; deviation from
// it: a value beyond the bound enters the window as the bound, so that one spike does not blind the guard to
// the next, while a level that stays is accepted after some updates.
struct SpikeLimits {
  std::int64_t window = 0;  // updates; 0: nothing is a spike
  double deviations = 6;
};

// The last values, from old to new. Nothing is judged before the window is half full.
struct SpikeWindow {
  std::vector<double> losses, norms;
  bool operator==(const SpikeWindow&) const = default;
};

struct Observation {
  double loss = 0, norm = 0;  // finite
};

// Puts an update's values into the window. Says why they are a spike; nothing where they are none.
std::string spike_in(SpikeWindow& window, const Observation& now, const SpikeLimits& limits);

}  // namespace regard::train
