#include "regard/autograd/checkpointed.h"

namespace regard {

Var checkpointed(Step& step, const std::function<Var()>& f) {
  Tape* const tape = step.tape();
  if (tape == nullptr || step.blocks() == BlockMemory::kept || step.probe() != nullptr || tape->paused() ||
      tape->replaying())
    return f();
  const std::uint64_t draws = step.draws();
  Var y;
  {
    const Tape::Pause pause(*tape);
    y = f();
  }
  if (!y.tracked()) return y;
  const int id = tape->record({}, 1, [f, tape, &step, draws](std::span<const Tensor> dy, InputGradients& in) {
    const std::uint64_t after = step.draws();
    step.set_draws(draws);
    tape->replay(f, dy[0], in.context);
    step.set_draws(after);
  });
  return Var(step, y.value(), id);
}

}  // namespace regard
