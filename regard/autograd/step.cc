#include "regard/autograd/step.h"

#include <cassert>

#include "regard/autograd/var.h"

namespace regard {

Step::Step(const StepOptions& options) : options_(options) {
  assert(options.threads != nullptr);
  kernels_.threads = options.threads;
  kernels_.level = options.compute == DType::f64 ? kernels::Level::reference : options.level;
}

Var Step::use(const Parameter& parameter) {
  const bool tracked = tape() != nullptr && parameter.role() == Parameter::Role::trained;
  const bool native = parameter.value().dtype() == compute();
  Var v(*this, native ? parameter.value() : parameter.value().to(compute()),
        tracked ? tape()->leaf(parameter) : -1);
  if (native) v.set_parameter(parameter);  // its arranged forms are of this type
  return v;
}

Var Step::constant(Tensor value) {
  if (is_floating(value.dtype())) value = value.to(compute());
  return Var(*this, std::move(value), -1);
}

Var Step::input(Tensor value) { return Var(*this, value.to(compute()), tape() ? tape()->leaf() : -1); }

std::string Step::scoped(const char* name) const {
  std::string full;
  for (const Level& level : scopes_) {
    full += level.name;
    full += '.';
    if (level.index != Scope::no_index) full += std::to_string(level.index) + '.';
  }
  return full + name;
}

}  // namespace regard
