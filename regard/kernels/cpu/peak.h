#pragma once

#include "regard/kernels/context.h"
#include "regard/kernels/weight_format.h"

namespace regard::kernels::cpu {

// Operations (a multiplication and an addition are two) that one call of `run` makes on registers alone, in
// independent chains: what a level's unit for a format can do at most. `run` is null where this build does
// not know how to measure it.
struct PeakChains {
  void (*run)() = nullptr;
  double operations = 0;
};
PeakChains peak_chains(Level level, WeightFormat format);

}  // namespace regard::kernels::cpu
