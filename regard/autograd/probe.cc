#include "regard/autograd/probe.h"

#include "regard/autograd/step.h"
#include "regard/autograd/var.h"

namespace regard {

std::optional<std::string> probed(const Step& step, const char* name) {
  if (step.probe() == nullptr) return std::nullopt;
  std::string full = step.scoped(name);
  if (!step.probe()->wants(full)) return std::nullopt;
  return full;
}

ProbedPart Probe::part(const std::string& name) {
  (void)name;
  return {};
}

Var Probe::pass(const std::string& name, const Var& x) {
  auto replacement = see(name, x.value());
  return replacement ? x.step().constant(std::move(*replacement)) : x;
}

Var at(const char* name, const Var& x) {
  const auto full = probed(x.step(), name);
  return full ? x.step().probe()->pass(*full, x) : x;
}

void show(const Step& step, const std::string& name, const Var& value) {
  step.probe()->see(name, value.value());
}

void show_made(Step& step, const std::string& name, const std::function<Var()>& make) {
  const std::uint64_t draws = step.draws();
  show(step, name, make());
  step.set_draws(draws);
}

}  // namespace regard
