#include "regard/autograd/checkpointed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "regard/autograd/ops/dropout.h"
#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/ops/linear.h"
#include "regard/base/random.h"

namespace regard {
namespace {

Tensor drawn(const Shape& shape, std::uint64_t seed) {
  RandomStream random(RandomKey{seed});
  Tensor t = Tensor::empty(shape, DType::f32);
  for (std::int64_t i = 0; i < t.elements(); ++i)
    t.mutable_view().as<float>()[i] = static_cast<float>(random.uniform() - 0.5);
  return t;
}

// Four blocks of a feed-forward net with dropout and a residual connection; the second weight is that of all
// blocks, and `shift`, computed before them, is used in each.
class Net {
 public:
  static constexpr std::int64_t blocks = 4, N = 64, C = 32, F = 512;
  struct Result {
    Tensor y;
    std::map<std::string, Tensor> gradients;
    std::vector<std::string> announced;
    std::size_t bytes = 0;  // that the tape held after the forward pass
  };

  Net() {
    for (std::int64_t b = 0; b < blocks; ++b)
      up_.push_back(std::make_unique<Parameter>("up" + std::to_string(b),
                                                drawn({F, C}, static_cast<std::uint64_t>(10 + b))));
  }
  Result run(BlockMemory memory) {
    const ThreadPool threads(2);
    Result result;
    Tape tape;
    tape.on_gradient = [&](const Parameter& p, const Tensor&) { result.announced.push_back(p.name()); };
    Step step({.threads = &threads, .tape = &tape, .mode = Mode::train, .random = {7}, .blocks = memory});
    const std::size_t before = Device::cpu().statistics().bytes_in_use;
    Var x = step.input(drawn({N, C}, 1));
    const Var leaf = x, shift = activate(step.use(shift_), kernels::Activation::tanh);
    for (std::int64_t b = 0; b < blocks; ++b)
      x = checkpointed(step, [this, &step, b, x, shift] {
        const Var inner =
            activate(linear(x, {step.use(*up_[static_cast<std::size_t>(b)]), {}}), kernels::Activation::gelu);
        const Var out = linear(dropout(inner, 0.2), {step.use(down_), {}});
        return add_rows(dropout_add(out, x, 0.1), shift);
      });
    result.bytes = Device::cpu().statistics().bytes_in_use - before;
    result.y = x.value().clone();
    const Var again = dropout(x, 0.5);  // draws what it would have drawn
    tape.backward(sum(multiply(again, again)));
    for (const auto& p : up_) result.gradients[p->name()] = tape.gradient(*p);
    for (const Parameter* p : {&down_, &shift_}) result.gradients[p->name()] = tape.gradient(*p);
    result.gradients["x"] = tape.gradient(leaf);
    return result;
  }

 private:
  std::vector<std::unique_ptr<Parameter>> up_;
  Parameter down_{"down", drawn({C, F}, 2)}, shift_{"shift", drawn({C}, 3)};
};

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && std::memcmp(a.view().data, b.view().data, a.bytes()) == 0;
}

TEST(Checkpointed, GivesTheSameBitsFromLessMemory) {
  Net net;
  Net::Result kept = net.run(BlockMemory::kept), twice = net.run(BlockMemory::recomputed);
  EXPECT_TRUE(same_bits(kept.y, twice.y));
  for (const auto& [name, gradient] : kept.gradients) {
    ASSERT_TRUE(gradient) << name;
    EXPECT_TRUE(same_bits(gradient, twice.gradients[name])) << name;
  }
  // A plain block keeps its inner activations [N,F] three times over (before, after, dropped); a recomputed
  // one its input [N,C] and no more.
  constexpr std::size_t inner = Net::N * Net::F * sizeof(float);
  EXPECT_GE(kept.bytes, Net::blocks * 2 * inner);
  EXPECT_LE(twice.bytes, inner);
  std::sort(kept.announced.begin(), kept.announced.end());
  std::sort(twice.announced.begin(), twice.announced.end());
  EXPECT_EQ(kept.announced, twice.announced);  // each gradient once, when its last use is through
}

TEST(Checkpointed, ComputesTwiceWhereThereIsATapeAndOnceElse) {
  const ThreadPool threads(1);
  int calls = 0;
  const Parameter p("p", drawn({3}, 1));
  const auto run = [&](Tape* tape, BlockMemory memory) {
    calls = 0;
    Step step({.threads = &threads, .tape = tape, .blocks = memory});
    const Var y = checkpointed(step, [&] {
      ++calls;
      const Var x = step.use(p);
      return multiply(x, x);
    });
    if (tape != nullptr) tape->backward(sum(y));
    return calls;
  };
  Tape first, second;
  EXPECT_EQ(run(nullptr, BlockMemory::recomputed), 1);
  EXPECT_EQ(run(&first, BlockMemory::kept), 1);
  EXPECT_EQ(run(&second, BlockMemory::recomputed), 2);
  EXPECT_TRUE(same_bits(first.gradient(p), second.gradient(p)));
}

TEST(Checkpointed, NeedsNoGradientOfWhatNothingUses) {
  const ThreadPool threads(1);
  Tape tape;
  const Parameter p("p", drawn({3}, 1)), q("q", drawn({3}, 2));
  Step step({.threads = &threads, .tape = &tape, .blocks = BlockMemory::recomputed});
  const Var used = step.use(p), constant = step.constant(drawn({3}, 3));
  checkpointed(step, [&] { return multiply(step.use(q), step.use(q)); });
  EXPECT_FALSE(checkpointed(step, [&] { return add(constant, constant); }).tracked());
  tape.backward(sum(used));
  EXPECT_TRUE(tape.gradient(p));
  EXPECT_FALSE(tape.gradient(q));
}

}  // namespace
}  // namespace regard
