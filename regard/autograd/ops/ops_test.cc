#include <gtest/gtest.h>

#include <vector>

#include "regard/autograd/gradient_check.h"
#include "regard/autograd/ops/columns.h"
#include "regard/autograd/ops/dropout.h"
#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/ops/embedding.h"
#include "regard/autograd/ops/linear.h"
#include "regard/autograd/ops/norm.h"
#include "regard/autograd/ops/softmax.h"
#include "regard/autograd/ops/vocabulary_loss.h"
#include "regard/base/error.h"

namespace regard {
namespace {

using kernels::Activation;
using Vars = std::vector<Var>;

Tensor random(const Shape& shape, std::uint64_t seed) {
  RandomStream r({seed});
  std::vector<double> values(static_cast<std::size_t>(shape.elements()));
  for (double& v : values) v = r.normal();
  return Tensor::from<double>(shape, values);
}
Tensor ids(const std::vector<std::int32_t>& values) {
  return Tensor::from<std::int32_t>({static_cast<std::int64_t>(values.size())}, values);
}

// Every operation, as a function of its inputs: all are differentiated and compared with difference
// quotients.
struct Case {
  const char* name;
  std::function<Var(const Vars&)> f;
  std::vector<Tensor> inputs;
  Mode mode = Mode::evaluate;
};

std::vector<Case> cases() {
  std::vector<Case> list;
  const Tensor a = random({5, 4}, 1), b = random({5, 4}, 2), row = random({4}, 3), gain = random({4}, 4);
  list.push_back({"add", [](const Vars& v) { return add(v[0], v[1]); }, {a, b}});
  list.push_back({"a value added to itself", [](const Vars& v) { return add(v[0], v[0]); }, {a}});
  list.push_back({"multiply", [](const Vars& v) { return multiply(v[0], v[1]); }, {a, b}});
  list.push_back({"scale", [](const Vars& v) { return scale(v[0], -1.5); }, {a}});
  list.push_back({"add_rows", [](const Vars& v) { return add_rows(v[0], v[1]); }, {a, row}});
  list.push_back({"reshape", [](const Vars& v) { return reshape(multiply(v[0], v[0]), {2, 10}); }, {a}});
  list.push_back({"sum", [](const Vars& v) { return sum(multiply(v[0], v[1])); }, {a, b}});
  list.push_back({"gather_rows", [](const Vars& v) { return gather_rows(v[0], ids({4, 0, 4, 2})); }, {a}});
  list.push_back({"split_columns, one part twice and one not at all",
                  [](const Vars& v) {
                    const auto parts = split_columns(v[0], std::vector<std::int64_t>{1, 1, 2});
                    return multiply(add(parts[0], parts[0]), scale(parts[0], 0.5));
                  },
                  {a}});
  list.push_back({"split_columns",
                  [](const Vars& v) {
                    const auto parts = split_columns(v[0], std::vector<std::int64_t>{1, 2, 1});
                    return multiply(parts[0], parts[2]);
                  },
                  {a}});
  list.push_back({"soft_cap", [](const Vars& v) { return soft_cap(v[0], 0.8); }, {a}});
  list.push_back({"linear of a weight [in,out]",
                  [](const Vars& v) {
                    return linear(v[0], {v[1], v[2], WeightLayout::in_out}, Activation::relu);
                  },
                  {a, random({4, 3}, 21), random({3}, 22)}});
  list.push_back({"softmax", [](const Vars& v) { return softmax(v[0]); }, {a}});
  list.push_back({"log_softmax", [](const Vars& v) { return log_softmax(v[0]); }, {a}});
  list.push_back({"dropout", [](const Vars& v) { return dropout(v[0], 0.4); }, {a}, Mode::train});
  list.push_back(
      {"dropout_add", [](const Vars& v) { return dropout_add(v[0], v[1], 0.4); }, {a, b}, Mode::train});
  for (auto kind : {kernels::NormKind::layer, kernels::NormKind::rms}) {
    const bool layer = kind == kernels::NormKind::layer;
    const auto weights = [=](const Vars& v, std::size_t i) {
      return NormVars{v[i], layer ? v[i + 1] : Var(), 1e-5, kind};
    };
    list.push_back({"norm", [=](const Vars& v) { return norm(v[0], weights(v, 1)); }, {a, gain, row}});
    for (double rate : {0.0, 0.3}) {
      const auto both = [=](const Vars& v) {
        const auto [y, x] = residual_norm({v[0], v[1], rate}, weights(v, 2));
        return add(y, multiply(x, x));
      };
      list.push_back({"residual_norm", both, {a, b, gain, row}, Mode::train});
    }
  }
  for (auto act : {Activation::none, Activation::relu, Activation::gelu, Activation::gelu_tanh,
                   Activation::silu, Activation::tanh}) {
    list.push_back({"linear",
                    [=](const Vars& v) {
                      return linear(v[0], {v[1], v[2]}, act);
                    },
                    {a, random({3, 4}, 5), random({3}, 6)}});
    list.push_back({"gated", [=](const Vars& v) { return gated(v[0], v[1], act); }, {a, b}});
  }
  list.push_back({"linear without bias",
                  [](const Vars& v) {
                    return linear(v[0], {v[1], Var()});
                  },
                  {a, random({3, 4}, 5)}});
  list.push_back({"embed",
                  [](const Vars& v) {
                    return embed(
                        ids({2, 0, 2}),
                        {.table = v[0], .scale = 1.7, .positions = v[1], .position = ids({0, 1, 2})});
                  },
                  {a, b}});
  list.push_back({"vocabulary_loss with a cap",
                  [](const Vars& v) {
                    return vocabulary_loss(v[0], {v[1], Var()}, ids({1, -1, 6, 0, 3}), {.soft_cap = 1.5}).sum;
                  },
                  {a, random({7, 4}, 8)}});
  for (double smoothing : {0.0, 0.1})
    list.push_back({"vocabulary_loss",
                    [=](const Vars& v) {
                      return vocabulary_loss(v[0], {v[1], v[2]}, ids({1, -1, 6, 0, 3}), {smoothing}).sum;
                    },
                    {a, random({7, 4}, 8), random({1, 7}, 9)}});
  return list;
}

TEST(Operations, GradientsEqualDifferenceQuotients) {
  for (const Case& c : cases()) EXPECT_EQ(gradient_check(c.f, c.inputs, {.mode = c.mode}), "") << c.name;
}

TEST(Operations, GradientCheckFindsAWrongGradient) {
  const auto wrong = [](const Vars& v) {
    return record(v[0].value(), {v[0]},
                  [](const Tensor& dy, InputGradients& in) { in.add(0, dy.reshape(dy.shape()).clone()); });
  };
  EXPECT_EQ(gradient_check(wrong, {random({3}, 1)}), "");
  const auto doubled = [](const Vars& v) {
    Var y = scale(v[0], 2);
    return record(y.value(), {v[0]}, [](const Tensor& dy, InputGradients& in) { in.add(0, dy); });
  };
  EXPECT_NE(gradient_check(doubled, {random({3}, 1)}), "");
}

TEST(Operations, ALargeVocabularyLossEqualsItsParts) {
  // More rows than one chunk: the chunks' gradients are added.
  const Tensor h = random({1100, 3}, 1), w = random({5, 3}, 2);
  std::vector<std::int32_t> targets(1100);
  for (std::size_t i = 0; i < targets.size(); ++i) targets[i] = static_cast<std::int32_t>(i % 5);
  EXPECT_EQ(gradient_check(
                [&](const Vars& v) {
                  return vocabulary_loss(v[0], {v[1], Var()}, ids(targets)).sum;
                },
                {h, w}, {.step = 1e-5, .absolute = 1e-5, .samples = 12}),
            "");
}

TEST(Operations, PaddingRowsAreNotTrainedByLookUp) {
  const ThreadPool threads(1);
  Tape tape;
  Step step({.threads = &threads, .tape = &tape, .compute = DType::f64});
  const Var table = step.input(random({4, 2}, 1));
  tape.backward(sum(embed(ids({3, 1, 3}), {.table = table, .padding = 3})));
  const auto g = tape.gradient(table).to_doubles();
  EXPECT_EQ(g, (std::vector<double>{0, 0, 1, 1, 0, 0, 0, 0}));
}

TEST(Operations, WithoutATapeNothingIsTracked) {
  const ThreadPool threads(1);
  Step step({.threads = &threads});
  const Parameter p("w", random({3, 4}, 1).to(DType::f32));
  const Var y = linear(step.constant(random({2, 4}, 2)), {step.use(p), Var()});
  EXPECT_FALSE(y.tracked());
}

TEST(Operations, IdsOutsideTheirTableAreRefused) {
  const ThreadPool threads(1);
  Step step({.threads = &threads});
  const Var table = step.constant(random({4, 2}, 1));
  EXPECT_THROW(embed(ids({4}), {.table = table}), InputError);
  EXPECT_THROW(embed(ids({-1}), {.table = table}), InputError);
  EXPECT_THROW(vocabulary_loss(table, {table, Var()}, ids({0, 1, 2, 4})), InputError);
}

TEST(Parameters, AnUpdateDropsArrangedForms) {
  const ThreadPool threads(1);
  Parameter p("w", Tensor::from<float>({1, 2}, {1, 2}));
  const Tensor x = Tensor::from<float>({1, 2}, {1, 1});
  const auto product = [&] {
    Step step({.threads = &threads});
    return linear(step.constant(x), {step.use(p), Var()}).value().item();
  };
  EXPECT_EQ(product(), 3);
  const auto version = p.version();
  p.update().as<float>()[0] = 10;
  EXPECT_EQ(product(), 12);
  EXPECT_GT(p.version(), version);
}

}  // namespace
}  // namespace regard
