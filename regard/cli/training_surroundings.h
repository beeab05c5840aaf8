#pragma once

#include "regard/cli/console.h"
#include "regard/train/loop.h"

namespace regard::cli {

// What a training run is given by the program: threads, log, progress line, and the flag that Ctrl-C sets.
train::Surroundings training_surroundings(Console& console);

}  // namespace regard::cli
