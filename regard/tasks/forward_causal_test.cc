#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "regard/base/error.h"
#include "regard/models/registry.h"
#include "regard/tasks/forward.h"
#include "tests/support/named_weights.h"

// What golden folders do not ask of a decoder-only model's pass: padding on the left, positions, refusals.

namespace regard::tasks {
namespace {

namespace fs = std::filesystem;

class DrawnByName final : public nn::WeightSource {
 public:
  Tensor get(const std::string& name, const Shape& shape, const nn::Init&) override {
    return testing_support::drawn_weight(name, shape);
  }
};

class ForwardCausal : public testing::Test {
 protected:
  static std::unique_ptr<models::Model> model(const std::string& family) {
    const fs::path file = fs::path(REGARD_SOURCE_DIR) / "tests/golden/families" / family / "config.json";
    DrawnByName weights;
    return models::make(read_json(file), file.string(), weights);
  }
  static Tensor table(const std::vector<std::int64_t>& values, std::int64_t rows) {
    return Tensor::from<std::int64_t>({rows, static_cast<std::int64_t>(values.size()) / rows}, values);
  }
  std::map<std::string, Tensor> run(const models::Model& m, const NamedTensors& inputs) const {
    StepOptions step{.threads = &threads, .level = kernels::Level::reference, .compute = DType::f64};
    std::map<std::string, Tensor> found;
    for (NamedTensor& t :
         forward(m, step, inputs, {.hidden_states = Inside::wanted, .attentions = Inside::wanted}))
      found[t.name] = std::move(t.tensor);
    return found;
  }
  ThreadPool threads{2};
};

// Rows 5 6 7 8 and 9 6, padded on either side.
const std::vector<std::int64_t> right{5, 6, 7, 8, 9, 6, 0, 0}, left{5, 6, 7, 8, 0, 0, 9, 6};

TEST_F(ForwardCausal, PaddingOnTheLeftChangesNothingButWhereRowsStand) {
  for (const char* family : {"llama", "bloom", "gpt_neox", "opt", "gemma2", "mistral"}) {
    const auto m = model(family);
    const auto a = run(*m, {{"input_ids", table(right, 2)},
                            {"attention_mask", table({1, 1, 1, 1, 1, 1, 0, 0}, 2)},
                            {"labels", table({5, 6, 7, 8, 9, 6, -100, -100}, 2)}});
    const auto b = run(*m, {{"input_ids", table(left, 2)},
                            {"attention_mask", table({1, 1, 1, 1, 0, 0, 1, 1}, 2)},
                            {"labels", table({5, 6, 7, 8, -100, -100, 9, 6}, 2)}});
    EXPECT_NEAR(a.at("loss").item(), b.at("loss").item(), 1e-12) << family;
    for (const char* name : {"logits", "hidden_states.1", "hidden_states.2"}) {
      const auto x = a.at(name).to_doubles(), y = b.at(name).to_doubles();
      const std::size_t C = x.size() / 8;
      for (std::size_t i = 0; i < 2 * C; ++i) {
        EXPECT_NEAR(x[i], y[i], 1e-11) << family << " " << name;                  // row 0
        EXPECT_NEAR(x[4 * C + i], y[6 * C + i], 1e-11) << family << " " << name;  // row 1
      }
    }
    const auto x = a.at("attentions.0").to_doubles(), y = b.at("attentions.0").to_doubles();
    const std::size_t H = x.size() / 32;
    for (std::size_t h = 0; h < H; ++h)  // of row 1, its second token sees both
      for (std::size_t s = 0; s < 2; ++s)
        EXPECT_NEAR(x[((H + h) * 4 + 1) * 4 + s], y[((H + h) * 4 + 3) * 4 + 2 + s], 1e-11) << family;
  }
}

TEST_F(ForwardCausal, Gpt2CountsPaddingAsPositionsUnlessItIsToldThem) {
  const auto m = model("gpt2");
  const Tensor mask = table({1, 1, 1, 1, 0, 0, 1, 1}, 2);
  const auto alone = run(*m, {{"input_ids", table({9, 6}, 1)}}).at("logits").to_doubles();
  const auto padded =
      run(*m, {{"input_ids", table(left, 2)}, {"attention_mask", mask}}).at("logits").to_doubles();
  const auto told = run(*m, {{"input_ids", table(left, 2)},
                             {"attention_mask", mask},
                             {"position_ids", table({0, 1, 2, 3, 1, 1, 0, 1}, 2)}})
                        .at("logits")
                        .to_doubles();
  const auto later = run(*m, {{"input_ids", table({9, 6}, 1)}, {"position_ids", table({2, 3}, 1)}})
                         .at("logits")
                         .to_doubles();
  const std::size_t C = alone.size() / 2;
  for (std::size_t i = 0; i < 2 * C; ++i) {
    EXPECT_NEAR(told[6 * C + i], alone[i], 1e-12);
    EXPECT_NEAR(padded[6 * C + i], later[i], 1e-12);
  }
  EXPECT_GT(std::fabs(padded[6 * C] - alone[0]), 1e-6);
}

TEST_F(ForwardCausal, WhatCannotBeIsRefused) {
  const auto m = model("gpt2");
  const Tensor ids = table({5, 6, 7, 8}, 1);
  EXPECT_THROW(run(*m, {{"attention_mask", ids}}), InputError);
  EXPECT_THROW(run(*m, {{"input_ids", table({5, 37}, 1)}}), InputError);
  EXPECT_THROW(run(*m, {{"input_ids", ids}, {"attention_mask", table({1, 0, 1, 1}, 1)}}), InputError);
  EXPECT_THROW(run(*m, {{"input_ids", ids}, {"attention_mask", table({0, 0, 0, 0}, 1)}}), InputError);
  EXPECT_THROW(run(*m, {{"input_ids", ids}, {"position_ids", table({0, 2, 1, 3}, 1)}}), InputError);
  EXPECT_THROW(run(*m, {{"input_ids", ids}, {"position_ids", table({30, 31, 32, 33}, 1)}}), InputError);
  EXPECT_THROW(run(*m, {{"input_ids", ids}, {"labels", table({5, 6, 37, 8}, 1)}}), InputError);
  EXPECT_THROW(run(*m, {{"input_ids", ids}, {"decoder_input_ids", ids}}), InputError);
  EXPECT_THROW(run(*model("gpt2_base"), {{"input_ids", ids}, {"labels", ids}}), InputError);
}

}  // namespace
}  // namespace regard::tasks
