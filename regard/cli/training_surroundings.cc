#include "regard/cli/training_surroundings.h"

#include "regard/cli/interrupt.h"

namespace regard::cli {

train::Surroundings training_surroundings(Console& console) {
  const ProgressOptions progress = console.progress("training", "updates", 0);
  train::Surroundings around;
  around.step = console.step_options();
  around.log = console.log();
  around.progress_style = progress.style;
  around.progress = progress.sink;
  around.stop = interrupted;
  return around;
}

}  // namespace regard::cli
