#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "regard/base/file.h"
#include "regard/decode/search.h"
#include "regard/models/registry.h"
#include "regard/models/sequence_to_sequence.h"
#include "regard/tasks/forward.h"
#include "regard/tensor/safetensors.h"
#include "tests/support/named_weights.h"
#include "tests/support/scratch_folder.h"

// Every folder of tests/golden/families against what transformers computed; make.py says what stands in them.

namespace regard::testing_support {
namespace {

namespace fs = std::filesystem;

const fs::path families = fs::path(REGARD_SOURCE_DIR) / "tests/golden/families";

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(families))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

class FamilyGolden : public testing::TestWithParam<std::string> {
 protected:
  // A checkpoint as transformers wrote it.
  FamilyGolden() {
    for (const char* file : {"config.json", "generation_config.json"})
      if (fs::exists(folder / file)) fs::copy(folder / file, checkpoint / file);
    write_safetensors(checkpoint / "model.safetensors", drawn_weights(shapes));
    const SafetensorsFile given(folder / "inputs.safetensors");
    for (const TensorInfo& info : given.tensors()) inputs[info.name] = given.tensor(info.name);
  }

  // Which rows of [B,T] are real on the side that an output's name belongs to.
  std::vector<bool> real(bool decoder) const {
    const bool both = config.value("is_encoder_decoder", false) && inputs.contains("labels") &&
                      inputs.at("labels").rank() == 2;
    const char* name = decoder && both ? "labels" : "attention_mask";
    std::vector<bool> seen;
    for (const double x : inputs.at(name).to_doubles()) seen.push_back(both && decoder ? x >= 0 : x != 0);
    return seen;
  }

  // Calls see(index in the flattened tensor) for the elements that carry meaning.
  template <class See>
  void each_meant(const std::string& name, const Tensor& x, const See& see) const {
    const bool both = config.value("is_encoder_decoder", false);
    const bool source = both && name.starts_with("encoder");
    const auto rows = static_cast<std::size_t>(inputs.at("input_ids").size(0));
    const std::vector<bool> queries = real(!source), keys = real(!source && !name.starts_with("cross"));
    const std::size_t T = queries.size() / rows, S = keys.size() / rows;
    const auto size = [&](int axis) { return static_cast<std::size_t>(x.size(axis)); };
    const auto all = static_cast<std::size_t>(x.elements());
    const bool padded = x.rank() >= 2 && size(0) == rows && !name.starts_with("gradient");
    if (padded && name.find("attentions") != std::string::npos) {
      ASSERT_EQ(size(2), T);
      ASSERT_EQ(size(3), S);
      for (std::size_t i = 0; i < all; ++i) {
        const std::size_t b = i / (size(1) * T * S), t = i / S % T, s = i % S;
        if (queries[b * T + t] && keys[b * S + s]) see(i);
      }
    } else if (padded && size(1) == T && name != "pooler_output") {
      const std::size_t width = all / (rows * T);
      for (std::size_t i = 0; i < all; ++i)
        if (queries[i / width]) see(i);
    } else {
      for (std::size_t i = 0; i < all; ++i) see(i);
    }
  }

  const fs::path folder = families / GetParam();
  const testing_support::ScratchFolder checkpoint;
  const Json config = read_json(folder / "config.json");
  const Json shapes = read_json(folder / "tensors.json");
  tasks::NamedTensors inputs;
  ThreadPool threads{2};
};

// f64: to 1e-9 of the larger of 1 and the number. f32: to 1e-5 of the larger of 1 and the largest number of
// the tensor; gradients to 1e-4, for they have gone through twice as many roundings.
TEST_P(FamilyGolden, ForwardAndGradientsEqualTransformers) {
  const auto model = models::load(checkpoint);
  const SafetensorsFile expected(folder / "outputs.safetensors");
  tasks::ForwardOptions options{.hidden_states = tasks::Inside::wanted, .attentions = tasks::Inside::wanted};
  for (const TensorInfo& info : expected.tensors())
    if (info.name.starts_with("gradient.")) options.gradients.push_back(info.name.substr(9));
  for (const DType compute : {DType::f64, DType::f32}) {
    StepOptions step{.threads = &threads, .compute = compute};
    if (compute == DType::f64) step.level = kernels::Level::reference;
    std::map<std::string, Tensor> found;
    for (NamedTensor& t : tasks::forward(*model, step, inputs, options)) found[t.name] = std::move(t.tensor);
    for (const TensorInfo& info : expected.tensors()) {
      ASSERT_TRUE(found.contains(info.name)) << info.name;
      const Tensor wanted = expected.tensor(info.name);
      ASSERT_EQ(found[info.name].shape().to_string(), wanted.shape().to_string()) << info.name;
      const auto a = found[info.name].to_doubles(), b = wanted.to_doubles();
      double worst = 0, largest = 1;
      for (const double y : b) largest = std::max(largest, std::fabs(y));
      each_meant(info.name, wanted, [&](std::size_t i) {
        const double unit = compute == DType::f64 ? std::max(1.0, std::fabs(b[i])) : largest;
        const double apart = std::fabs(a[i] - b[i]) / unit;
        worst = apart <= worst ? worst : apart;  // NaN counts
      });
      const double most = compute == DType::f64 ? 1e-9 : info.name.starts_with("gradient.") ? 1e-4 : 1e-5;
      EXPECT_LE(worst, most) << info.name << (compute == DType::f64 ? " in f64" : " in f32");
    }
  }
}

TEST_P(FamilyGolden, WhatIsSavedIsWhatWasLoaded) {
  const auto model = models::load(checkpoint);
  const fs::path saved = checkpoint / "saved";
  models::save(*model, saved);
  EXPECT_EQ(read_json(saved / "config.json"), config);
  const Weights mine = Weights::open(saved), theirs = Weights::open(checkpoint);
  for (const auto& [name, shape] : shapes.items()) {
    ASSERT_TRUE(mine.has(name)) << name;
    const Tensor a = mine.tensor(name), b = theirs.tensor(name);
    ASSERT_EQ(a.shape().to_string(), b.shape().to_string()) << name;
    EXPECT_EQ(a.dtype(), b.dtype()) << name;
    EXPECT_EQ(a.to_doubles(), b.to_doubles()) << name;
  }
  const SafetensorsFile file(saved / "model.safetensors");
  for (const TensorInfo& info : file.tensors())
    EXPECT_TRUE(shapes.contains(info.name)) << info.name << ", which transformers does not write";
}

TEST_P(FamilyGolden, GeneratedIdsEqualTransformers) {
  if (!fs::exists(folder / "generate.json")) return;  // a model that generates nothing
  const Json golden = read_json(folder / "generate.json");
  const auto sources = golden.at("input_ids").get<std::vector<decode::TokenIds>>();
  const auto any = models::load(checkpoint);
  const auto search = [&](Step& step, const decode::SearchOptions& options) {
    if (any->kind() == models::CausalModel::kind_name)
      return decode::search(static_cast<const models::CausalModel&>(*any), step, sources, options);
    return decode::search(dynamic_cast<const models::SequenceToSequence&>(*any), step, sources, options);
  };
  for (const Json& one : golden.at("cases")) {
    const auto wanted = one.at("sequences").get<std::vector<decode::TokenIds>>();
    // Ids in double precision, as they were made, and in single.
    for (const DType compute : {DType::f64, DType::f32}) {
      Step step({.threads = &threads, .compute = compute});
      const auto found = search(step, {.config = decode::generation_config(checkpoint, one.at("config"))});
      ASSERT_EQ(found.size(), wanted.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        EXPECT_EQ(found[i].at(0).ids, wanted[i]) << to_line(one.at("config"));
        if (compute == DType::f64 && one.contains("scores")) {
          EXPECT_NEAR(found[i][0].score, one["scores"][i].get<double>(), 1e-5) << to_line(one.at("config"));
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, FamilyGolden, testing::ValuesIn(cases()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace regard::testing_support
