#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/probe.h"
#include "regard/base/error.h"
#include "regard/models/registry.h"
#include "regard/models/sequence_to_sequence.h"
#include "regard/tensor/safetensors.h"
#include "tests/support/scratch_folder.h"

namespace regard::models {
namespace {

const std::filesystem::path golden = std::filesystem::path(REGARD_SOURCE_DIR) / "tests/golden";

// The rows of a padded [B,T] that its mask (or a target not below 0) shows to be real.
struct Padded {
  std::vector<std::vector<std::int32_t>> rows;
  std::vector<std::size_t> places;  // of each real token in the flattened [B,T]
};
Padded real_rows(const Tensor& values, const Tensor& mask) {
  Padded p;
  p.rows.resize(static_cast<std::size_t>(values.size(0)));
  const auto ids = values.host<std::int64_t>();
  const auto seen = mask.to(DType::i64);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (seen.host<std::int64_t>()[i] == 0) continue;
    p.rows[i / static_cast<std::size_t>(values.size(1))].push_back(static_cast<std::int32_t>(ids[i]));
    p.places.push_back(i);
  }
  return p;
}

// The largest difference between rows [N,C] and the rows of padded [B,T,C] at the places.
double apart(const Tensor& rows, const Tensor& padded, const std::vector<std::size_t>& places) {
  const auto a = rows.to_doubles(), b = padded.to_doubles();
  const auto width = static_cast<std::size_t>(rows.size(1));
  double worst = 0;
  for (std::size_t n = 0; n < places.size(); ++n)
    for (std::size_t c = 0; c < width; ++c)
      worst = std::max(worst, std::fabs(a[n * width + c] - b[places[n] * width + c]));
  return worst;
}

class ModelGolden : public testing::TestWithParam<const char*> {
 protected:
  std::filesystem::path folder = golden / GetParam();
  std::unique_ptr<SequenceToSequence> model = load_as<SequenceToSequence>(folder);
  SafetensorsFile inputs{folder / "inputs.safetensors"}, outputs{folder / "outputs.safetensors"};
  ThreadPool threads{2};
  Padded source = real_rows(inputs.tensor("input_ids"), inputs.tensor("attention_mask"));

  // Targets are real where the label is not -100; the decoder's inputs stand at the same places.
  Padded target_inputs() const {
    std::vector<std::int64_t> seen;
    for (std::int64_t label : inputs.tensor("labels").host<std::int64_t>())
      seen.push_back(label >= 0 ? 1 : 0);
    const Tensor ids = inputs.tensor("decoder_input_ids");
    return real_rows(ids, Tensor::from<std::int64_t>(ids.shape(), seen));
  }
};

TEST_P(ModelGolden, ForwardEqualsTransformers) {
  const Padded target = target_inputs();
  for (auto [compute, tolerance] : {std::pair{DType::f64, 1e-9}, std::pair{DType::f32, 1e-4}}) {
    Step step({.threads = &threads, .compute = compute});
    const Memory memory = model->encode(step, TokenBatch::of(source.rows));
    EXPECT_LT(apart(memory.states.value(), outputs.tensor("encoder_last_hidden_state"), source.places),
              tolerance);
    const Var hidden = model->decode(memory, TokenBatch::of(target.rows));
    const auto w = model->vocabulary(step);
    const Var logits = linear(hidden, {w.weight, reshape(w.bias, {w.weight.size(0)})});
    EXPECT_LT(apart(logits.value(), outputs.tensor("logits"), target.places), tolerance);
  }
}

TEST_P(ModelGolden, LossAndGradientsEqualTransformers) {
  Tape tape;
  Step step({.threads = &threads, .tape = &tape, .compute = DType::f64});
  std::vector<std::int32_t> labels;
  for (std::int64_t label : inputs.tensor("labels").host<std::int64_t>())
    if (label >= 0) labels.push_back(static_cast<std::int32_t>(label));
  const Var hidden =
      model->decode(model->encode(step, TokenBatch::of(source.rows)), TokenBatch::of(target_inputs().rows));
  const auto loss =
      vocabulary_loss(hidden, model->vocabulary(step),
                      Tensor::from<std::int32_t>({static_cast<std::int64_t>(labels.size())}, labels));
  const double tokens = static_cast<double>(loss.tokens);
  EXPECT_NEAR(loss.sum.value().item() / tokens, outputs.tensor("loss").item(), 1e-9);
  tape.backward(scale(loss.sum, 1 / tokens));
  int compared = 0;
  for (const TensorInfo& info : outputs.tensors()) {
    const std::string prefix = "gradient.";
    if (info.name.rfind(prefix, 0) != 0) continue;
    const Parameter* p = model->parameters().find(info.name.substr(prefix.size()));
    ASSERT_NE(p, nullptr) << info.name;
    const auto found = tape.gradient(*p).to_doubles(), wanted = outputs.tensor(info.name).to_doubles();
    ASSERT_EQ(found.size(), wanted.size());
    double worst = 0;
    for (std::size_t i = 0; i < found.size(); ++i) worst = std::max(worst, std::fabs(found[i] - wanted[i]));
    EXPECT_LT(worst, 1e-9) << info.name;
    ++compared;
  }
  EXPECT_GE(compared, 5);
}

TEST_P(ModelGolden, StepByStepEqualsAllAtOnce) {
  const Padded target = target_inputs();
  Step step({.threads = &threads, .compute = DType::f64});
  const Memory memory = model->encode(step, TokenBatch::of(source.rows));
  std::vector<int> row_source;
  for (std::size_t s = 0; s < source.rows.size(); ++s)
    row_source.insert(row_source.end(), {static_cast<int>(s), static_cast<int>(s)});
  const auto state = model->begin(memory, row_source);
  const std::size_t first_length = target.rows[0].size();
  const auto expected = outputs.tensor("logits").to_doubles();
  const auto vocabulary = static_cast<std::size_t>(outputs.tensor("logits").size(2));
  for (std::size_t t = 0; t < first_length; ++t) {
    // Both rows of each source get the first sequence's ids; the first source's rows must give its logits.
    const std::vector<std::int32_t> ids(row_source.size(), target.rows[0][t]);
    const auto logits = model->next(*state, ids).value().to_doubles();
    for (std::size_t v = 0; v < 2 * vocabulary; ++v)
      ASSERT_NEAR(logits[v], expected[t * vocabulary + v % vocabulary], 1e-9);
    std::vector<int> same(row_source.size());
    for (std::size_t r = 0; r < same.size(); ++r) same[r] = static_cast<int>(r ^ 1U);  // beams change places
    state->reorder(same);
  }
}

INSTANTIATE_TEST_SUITE_P(Marian, ModelGolden,
                         testing::Values("marian/tied", "marian/separate", "marian/gelu"));
INSTANTIATE_TEST_SUITE_P(Pegasus, ModelGolden, testing::Values("pegasus/relu", "pegasus/gelu"));

// The same tensors under the same names as transformers wrote.
TEST_P(ModelGolden, WhatIsSavedIsWhatWasLoaded) {
  const testing_support::ScratchFolder saved;
  save(*model, saved);
  EXPECT_EQ(load(saved)->config(), model->config());
  const SafetensorsFile mine(saved / "model.safetensors"), theirs(folder / "model.safetensors");
  EXPECT_EQ(mine.tensors().size(), theirs.tensors().size());
  for (const TensorInfo& info : theirs.tensors()) {
    ASSERT_NE(mine.find(info.name), nullptr) << info.name;
    const auto a = mine.tensor(info.name).to_doubles(), b = theirs.tensor(info.name).to_doubles();
    ASSERT_EQ(a.size(), b.size());
    // The sines may be rounded otherwise.
    const double tolerance = info.name.find("embed_positions") != std::string::npos ? 1e-7 : 0;
    for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], tolerance) << info.name;
  }
}

TEST(Marian, ConfigurationsThatCannotBeAreRefusedByKey) {
  const Json good = load(golden / "marian/tied")->config();
  const auto refused = [&](const std::string& key, const Json& value) {
    Json bad = good;
    bad[key] = value;
    try {
      create(bad, {1}, "config.json");
    } catch (const InputError& e) {
      return std::string(e.what()).find("config.json: " + key) != std::string::npos;
    }
    return false;
  };
  EXPECT_TRUE(refused("encoder_attention_heads", 0));
  EXPECT_TRUE(refused("encoder_attention_heads", 5));
  EXPECT_TRUE(refused("d_model", -1));
  EXPECT_TRUE(refused("encoder_layers", 1000000000));
  EXPECT_TRUE(refused("dropout", "much"));
  EXPECT_TRUE(refused("activation_function", "swoosh"));
  EXPECT_TRUE(refused("model_type", "gpt9"));
  EXPECT_TRUE(refused("pad_token_id", 1 << 20));
}

}  // namespace
}  // namespace regard::models
