#include "regard/models/decoder_only.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/models/decoder_only_families.h"
#include "regard/models/registry.h"
#include "tests/support/named_weights.h"

// Families of decoders, by the configurations of tests/golden/families: what they compute token by token is
// what they compute all at once, and what a row gets does not depend on the others.

namespace regard::models {
namespace {

namespace fs = std::filesystem;
const fs::path golden = fs::path(REGARD_SOURCE_DIR) / "tests/golden/families";

class DrawnByName final : public nn::WeightSource {
 public:
  Tensor get(const std::string& name, const Shape& shape, const nn::Init&) override {
    return testing_support::drawn_weight(name, shape);
  }
};

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(golden)) {
    const Json config = read_json(entry.path() / "config.json");
    const std::string architecture = config["architectures"][0].get<std::string>();
    if (!architecture.ends_with("ForCausalLM") && !architecture.ends_with("LMHeadModel"))
      continue;  // writes nothing
    for (const DecoderOnlyFamily& f : decoder_only_families())
      if (f.type == config["model_type"].get<std::string>())
        names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class DecoderFamily : public testing::TestWithParam<std::string> {
 protected:
  DecoderFamily() {
    DrawnByName weights;
    const fs::path file = golden / GetParam() / "config.json";
    model = as_kind<CausalModel>(make(read_json(file), file.string(), weights), file.string());
  }
  static std::vector<std::vector<std::int32_t>> prompts() {
    return {{5, 9, 6, 22, 7, 8, 11, 30, 5, 6}, {4}, {12, 13, 29, 12, 13, 29, 5}};
  }
  // Logits of each step for one row: after its prompt, then after each of the tokens.
  std::vector<std::vector<double>> steps_of(std::size_t row, const std::vector<std::size_t>& rows) const {
    Step step({.threads = &threads});
    const auto state = model->begin(step, static_cast<std::int64_t>(rows.size()));
    std::vector<std::vector<std::int32_t>> given;
    for (const std::size_t r : rows) given.push_back(prompts()[r]);
    const auto at = static_cast<std::size_t>(std::find(rows.begin(), rows.end(), row) - rows.begin());
    std::vector<std::vector<double>> all;
    const auto keep = [&](const Tensor& logits) {
      const auto i = static_cast<std::int64_t>(at);
      all.push_back(logits.rows(i, i + 1).to_doubles());
    };
    keep(model->logits(model->read(*state, TokenBatch::of(given))).value());
    for (int t = 0; t < 6; ++t) {
      std::vector<std::int32_t> ids;
      for (const std::size_t r : rows)
        ids.push_back(static_cast<std::int32_t>(6 + 3 * t + static_cast<int>(r)));
      keep(model->next(*state, ids).value());
    }
    return all;
  }

  std::unique_ptr<CausalModel> model;
  ThreadPool threads{2};
};

TEST_P(DecoderFamily, TokenByTokenEqualsAllAtOnce) {
  if (model->follows_longest())
    GTEST_SKIP() << "its frequencies change as a text grows, also in transformers";
  for (const DType compute : {DType::f64, DType::f32}) {
    StepOptions options{.threads = &threads, .compute = compute};
    if (compute == DType::f64) options.level = kernels::Level::reference;
    Step step(options);
    const std::vector<std::int32_t> text{5, 9, 6, 22, 7, 8, 11, 30, 5, 6, 14, 9, 8, 7};
    const std::vector<double> whole =
        model->logits(model->hidden(step, TokenBatch::of({text}))).value().to_doubles();
    const std::size_t V = whole.size() / text.size();
    const auto state = model->begin(step, 1);
    const auto expect_row = [&](std::size_t at, const Tensor& found) {
      const std::vector<double> logits = found.to_doubles();
      for (std::size_t v = 0; v < V; ++v)
        ASSERT_NEAR(logits[v], whole[at * V + v], compute == DType::f64 ? 1e-11 : 2e-4) << "token " << at;
    };
    const auto part = [&](std::size_t begin, std::size_t end) {
      return TokenBatch::of({{text.begin() + static_cast<std::ptrdiff_t>(begin),
                              text.begin() + static_cast<std::ptrdiff_t>(end)}});
    };
    expect_row(2, model->logits(model->read(*state, part(0, 3))).value());
    expect_row(7, model->logits(model->read(*state, part(3, 8))).value());
    for (std::size_t t = 8; t < text.size(); ++t) expect_row(t, model->next(*state, {{text[t]}}).value());
  }
}

TEST_P(DecoderFamily, WhatARowGetsIsTheSameBitsInAnyBatch) {
  if (model->follows_longest())
    GTEST_SKIP() << "its frequencies follow the longest text, also in transformers";
  for (const std::size_t row : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
    const auto alone = steps_of(row, {row});
    EXPECT_EQ(alone, steps_of(row, {0, 1, 2})) << "row " << row;
    EXPECT_EQ(alone, steps_of(row, {2, 0, 1})) << "row " << row;
  }
}

TEST_P(DecoderFamily, RowsGoOnFromTheRowsTheyAreMadeOf) {
  EXPECT_EQ(model->follows_longest(), GetParam() == "llama_dynamic" || GetParam() == "phi3");
  if (model->follows_longest()) GTEST_SKIP() << "the rows of a batch are alike only where they are as long";
  Step step({.threads = &threads});
  const auto state = model->begin(step, 2);
  model->read(*state, TokenBatch::of({prompts()[0], prompts()[2]}));
  state->reorder(std::vector<int>{1, 1, 0});
  const Tensor found = model->next(*state, std::vector<std::int32_t>{6, 7, 6}).value();
  const auto other = model->begin(step, 1);
  model->read(*other, TokenBatch::of({prompts()[2]}));
  EXPECT_EQ(found.rows(0, 1).to_doubles(),
            model->next(*other, std::vector<std::int32_t>{6}).value().to_doubles());
  EXPECT_NE(found.rows(0, 1).to_doubles(), found.rows(1, 2).to_doubles());
}

INSTANTIATE_TEST_SUITE_P(All, DecoderFamily, testing::ValuesIn(cases()),
                         [](const auto& info) { return info.param; });

// A setting that is not supported is named, with its key.
TEST(DecoderFamilies, RefuseWhatTheyDoNotSupport) {
  const auto refused = [](Json config, const std::string& key) {
    DrawnByName weights;
    try {
      make(config, "config.json", weights);
      ADD_FAILURE() << key << " was accepted";
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find(key), std::string::npos) << error.what();
    }
  };
  const auto with = [](const char* folder, const Json& changes) {
    Json config = read_json(golden / folder / "config.json");
    config.update(changes);
    return config;
  };
  refused(with("llama", {{"quantization_config", {{"bits", 4}}}}), "quantization_config");
  refused(with("llama", {{"rope_parameters", {{"rope_type", "strange"}}}}), "rope_type");
  refused(with("llama", {{"rope_scaling", {{"type", "linear"}}}}), "factor");
  refused(with("llama", {{"partial_rotary_factor", 0.5}}), "partial_rotary_factor");
  refused(with("llama", {{"num_key_value_heads", 3}}), "num_key_value_heads");
  refused(with("llama", {{"hidden_act", "mish"}}), "hidden_act");
  refused(with("llama", {{"architectures", {"LlamaForMultipleChoice"}}}), "architectures");
  refused(with("phi3", {{"architectures", {"Phi3ForQuestionAnswering"}}}), "architectures");
  refused(with("opt", {{"architectures", {"OPTForTokenClassification"}}}), "architectures");
  refused(with("gpt2", {{"add_cross_attention", true}}), "add_cross_attention");
  refused(with("qwen2", {{"layer_types", {"full_attention", "chunked_attention"}}}), "layer_types");
  refused(with("opt", {{"layer_norm_elementwise_affine", false}}), "layer_norm_elementwise_affine");
}

}  // namespace
}  // namespace regard::models
