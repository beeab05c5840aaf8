#include "regard/train/optimizer.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "regard/base/error.h"

namespace regard::train {
namespace {

namespace fs = std::filesystem;

const std::vector<double> matrix{0.5, -0.25, 0.125, 1.0, -2.0, 0.75}, vector{0.1, -0.2, 0.3};

class Given final : public nn::WeightSource {
 public:
  Tensor get(const std::string&, const Shape& shape, const nn::Init&) override {
    return Tensor::from(shape, shape.rank() == 2 ? matrix : vector);
  }
};

struct Model {
  Given source;
  nn::Parameters parameters{source};
  Model() {
    parameters.add("layer.weight", {2, 3});
    parameters.add("layer.bias", {3});
    parameters.add("positions", {3}, nn::zeros(), Parameter::Role::constant);
  }
  std::vector<double> values() const {
    std::vector<double> all;
    for (const char* name : {"layer.weight", "layer.bias"})
      for (const double x : parameters.find(name)->value().to_doubles()) all.push_back(x);
    return all;
  }
};

Gradients gradients_of(double t) {
  const std::vector<double> w{0.3 * t, -0.2, 0.1 * t * t, 0.05, 0.4 / t, -0.6}, b{0.01 * t, -0.5, 0.2 / t};
  return {Tensor::from(Shape{2, 3}, w), Tensor::from(Shape{3}, b), Tensor()};
}

kernels::Context reference() { return {nullptr, kernels::Level::reference, Device::cpu()}; }

void update(Optimizer& optimizer, int from, int to) {
  for (int t = from; t <= to; ++t) {
    Gradients doubled = gradients_of(t);
    for (Tensor& g : doubled)
      if (g) {
        std::vector<double> values = g.to_doubles();
        for (double& x : values) x *= 2;
        g = Tensor::from(g.shape(), values);
      }
    optimizer.update(reference(), doubled, {.learning_rate = 0.05, .scale = 0.5});
  }
}

struct Case {
  const char* name;
  RuleOptions options;
  std::vector<double> after;
  std::vector<std::string> state;
};

// Three updates in double by torch.optim.SGD, Adam and AdamW and by transformers' Adafactor (as its Trainer
// makes it), with a decay of 0.1 for the matrix and none for the vector; Lion by the lines of its article.
const std::vector<Case>& cases() {
  static const std::vector<Case> list{
      {"sgd",
       {.momentum = 0.9},
       {0.3438195625, -0.18715721875, 0.025153609375, 0.9581048125, -2.023576916667, 0.89663315625, 0.095245,
        -0.05975, 0.260066666667},
       {"momentum.layer.weight", "momentum.layer.bias"}},
      {"sgd",
       {},
       {0.4028370625, -0.21641846875, 0.053284234375, 0.9776123125, -2.006566916667, 0.82835690625, 0.097,
        -0.125, 0.281666666667},
       {}},
      {"adafactor",
       {},
       {0.241820226238, -0.12974968877, 0.00696874781, 0.964626186946, -2.084165963858, 0.901613496549,
        -0.07557515298, -0.05, 0.189792125168},
       {"row.layer.weight", "column.layer.weight", "v.layer.bias"}},
      {"adamw",
       {0.9, 0.98, 1e-9},
       {0.347516702464, -0.097017469496, -0.013115157409, 0.835823627985, -2.110094882573, 0.888057406001,
        -0.045760078863, -0.0500000003, 0.159322398617},
       {"m.layer.weight", "v.layer.weight", "m.layer.bias", "v.layer.bias"}},
      {"adam",
       {0.9, 0.98, 1e-9},
       {0.353365686287, -0.100100014853, -0.012859662152, 0.850160652691, -2.095163902802, 0.899960479675,
        -0.045760078863, -0.0500000003, 0.159322398617},
       {"m.layer.weight", "v.layer.weight", "m.layer.bias", "v.layer.bias"}},
      {"lion",
       {0.9, 0.98},
       {0.3432861875, -0.09701746875, -0.026116890625, 0.835823625, -2.119401, 0.88805740625, -0.05, -0.05,
        0.15},
       {"m.layer.weight", "m.layer.bias"}},
  };
  return list;
}

void expect_near(const std::vector<double>& found, const std::vector<double>& expected, const char* what) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 2e-12) << what << i;
}

TEST(Optimizer, MovesAsTheOriginalsDo) {
  for (const Case& c : cases()) {
    Model model;
    Optimizer optimizer(model.parameters, {c.name, c.options, {{}, 0.1}});
    update(optimizer, 1, 3);
    expect_near(model.values(), c.after, c.name);
    EXPECT_EQ(optimizer.updates(), 3);
  }
}

TEST(Optimizer, GoesOnFromWhatItStored) {
  const fs::path file = fs::path(testing::TempDir()) / "optimizer_test.safetensors";
  for (const Case& c : cases()) {
    Model model;
    Optimizer first(model.parameters, {c.name, c.options, {{}, 0.1}});
    update(first, 1, 2);
    std::vector<std::string> names;
    for (const NamedTensor& t : first.state()) names.push_back(t.name);
    EXPECT_EQ(names, c.state) << c.name;
    write_safetensors(file, first.state());
    Optimizer second(model.parameters, {c.name, c.options, {{}, 0.1}});
    second.load(Weights::open(file), 2);
    update(second, 3, 3);
    expect_near(model.values(), c.after, c.name);
  }
  // The state of another rule is not taken for its own.
  Model model;
  Optimizer adam(model.parameters, {"adam", {}, {}});
  write_safetensors(file, adam.state());
  Optimizer sgd(model.parameters, {"sgd", {.momentum = 0.9}, {}});
  EXPECT_THROW(sgd.load(Weights::open(file), 2), InputError);
  fs::remove(file);
}

TEST(Optimizer, EveryNameHasARule) {
  for (const std::string& name : optimizer_names()) EXPECT_EQ(optimizer_rule(name).name, name);
}

Treatment treatment_of(const Json& groups, std::size_t parameter) {
  const Model model;
  return treatments(model.parameters, {parse_parameter_groups(groups), 0.1})[parameter];
}

TEST(ParameterGroups, TheFirstThatMatchesDecides) {
  EXPECT_EQ(treatment_of(Json::array(), 0).weight_decay, 0.1);
  EXPECT_EQ(treatment_of(Json::array(), 1).weight_decay, 0);  // a bias
  EXPECT_FALSE(treatment_of(Json::array(), 2).trained());     // a constant
  const Json groups = Json::parse(
      R"([{"match": ["*.bias", "none?of*"], "learning_rate_scale": 0.5, "weight_decay": 0.3},
          {"match": "layer.*", "learning_rate_scale": 0}])");
  EXPECT_THROW(treatment_of(groups, 0), UsageError);  // none?of* matches nothing
  Json good = groups;
  good[0]["match"] = "*.bias";
  EXPECT_FALSE(treatment_of(good, 0).trained());
  EXPECT_EQ(treatment_of(good, 1).learning_rate_scale, 0.5);
  EXPECT_EQ(treatment_of(good, 1).weight_decay, 0.3);
}

TEST(ParameterGroups, SayWhatIsWrong) {
  const auto says = [](const char* groups, const char* what) {
    try {
      treatment_of(Json::parse(groups), 0);
      FAIL() << "expected an error for " << groups;
    } catch (const UsageError& e) {
      EXPECT_NE(std::string(e.what()).find(what), std::string::npos) << e.what();
    }
  };
  says(R"({"match": "*"})", "list of groups");
  says(R"(["x"])", "param_groups[0]");
  says(R"([{"learning_rate_scale": 1}])", "\"match\"");
  says(R"([{"match": []}])", "param_groups[0].match");
  says(R"([{"match": [3]}])", "found 3");
  says(R"([{"match": "*", "weight_decy": 0}])", "did you mean 'weight_decay'");
  says(R"([{"match": "*", "weight_decay": -1}])", "found -1");
  says(R"([{"match": "*", "learning_rate_scale": "x"}])", "learning_rate_scale");
  says(R"([{"match": "model.encoder.*"}])", "\"model.encoder.*\" matches no trained parameter");
  says(R"([{"match": "positions"}])", "\"positions\" matches no");
  says(R"([{"match": "*", "learning_rate_scale": 0}])", "nothing is left to train");
}

TEST(ParameterGroups, FrozenParametersStayAndKeepNothing) {
  Model model;
  const std::vector<double> before = model.values();
  const Json groups = Json::parse(R"([{"match": "layer.weight", "learning_rate_scale": 0}])");
  Optimizer optimizer(model.parameters, {"adamw", {}, {parse_parameter_groups(groups), 0.1}});
  EXPECT_FALSE(optimizer.trains(0));
  EXPECT_TRUE(optimizer.trains(1));
  EXPECT_FALSE(optimizer.trains(2));
  EXPECT_EQ(optimizer.state().size(), 2U);
  update(optimizer, 1, 2);
  const std::vector<double> after = model.values();
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(before[i] == after[i], i < 6) << i;
}

TEST(Optimizer, FreezesWhatIsNotTrained) {
  Model model;
  OptimizerOptions options;
  options.groups.groups = {{.match = {"layer.weight"}, .learning_rate_scale = 0}};
  const Optimizer optimizer(model.parameters, options);
  EXPECT_EQ(model.parameters.find("layer.weight")->role(), Parameter::Role::frozen);
  EXPECT_EQ(model.parameters.find("layer.bias")->role(), Parameter::Role::trained);
  EXPECT_EQ(model.parameters.find("positions")->role(), Parameter::Role::constant);
  for (const NamedTensor& kept : optimizer.state())
    EXPECT_TRUE(kept.name.ends_with("layer.bias")) << kept.name;
}

}  // namespace
}  // namespace regard::train
