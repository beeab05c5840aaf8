#include "regard/autograd/tape.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/probe.h"

namespace regard {
namespace {

Tensor two(double a, double b) { return Tensor::from<double>({2}, std::vector<double>{a, b}); }

TEST(Tape, AParametersGradientIsTheSumOverItsUses) {
  const ThreadPool threads(1);
  Tape tape;
  std::vector<std::string> finished;
  tape.on_gradient = [&](const Parameter& p, const Tensor& g) {
    finished.push_back(p.name() + std::to_string(g.host<double>()[0]));
  };
  const Parameter a("a", two(1, 2)), b("b", two(3, 4)), unused("unused", two(0, 0));
  Step step({.threads = &threads, .tape = &tape, .compute = DType::f64});
  step.use(unused);
  const Var y = add(multiply(step.use(a), step.use(b)), multiply(step.use(a), step.use(a)));
  tape.backward(sum(y));
  EXPECT_EQ(tape.gradient(a).to_doubles(), (std::vector<double>{5, 8}));
  EXPECT_EQ(tape.gradient(b).to_doubles(), (std::vector<double>{1, 2}));
  EXPECT_FALSE(tape.gradient(unused));
  EXPECT_EQ(finished.size(), 2U);  // each announced once, when its last use is through
}

TEST(Tape, ConstantsAreNotTrained) {
  const ThreadPool threads(1);
  Tape tape;
  const Parameter buffer("buffer", two(1, 2), Parameter::Role::constant);
  Step step({.threads = &threads, .tape = &tape, .compute = DType::f64});
  EXPECT_FALSE(step.use(buffer).tracked());
}

TEST(Probe, NamesFollowTheScopesAndReplacementsAreUsed) {
  class Zero final : public Probe {
   public:
    bool wants(const std::string& name) override {
      seen.push_back(name);
      return name == "block.3.attention.output";
    }
    std::optional<Tensor> see(const std::string&, const Tensor& x) override {
      return Tensor::zeros(x.shape(), x.dtype());
    }
    std::vector<std::string> seen;
  } probe;
  const ThreadPool threads(1);
  Step step({.threads = &threads, .compute = DType::f64, .probe = &probe});
  const Scope block(step, "block", 3), attention(step, "attention");
  EXPECT_EQ(at("input", step.constant(two(1, 2))).value().to_doubles(), (std::vector<double>{1, 2}));
  EXPECT_EQ(at("output", step.constant(two(1, 2))).value().to_doubles(), (std::vector<double>{0, 0}));
  EXPECT_EQ(probe.seen, (std::vector<std::string>{"block.3.attention.input", "block.3.attention.output"}));
}

TEST(Step, DrawsAreNumbered) {
  const ThreadPool threads(1);
  Step a({.threads = &threads, .random = {5}}), b({.threads = &threads, .random = {5}});
  const RandomKey first = a.draw();
  EXPECT_NE(first.value, a.draw().value);
  EXPECT_EQ(first.value, b.draw().value);
}

}  // namespace
}  // namespace regard
