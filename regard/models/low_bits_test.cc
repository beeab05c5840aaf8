#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>

#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/ops/vocabulary_loss.h"
#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/models/causal_model.h"
#include "regard/models/quantization.h"
#include "regard/models/registry.h"
#include "regard/models/sequence_to_sequence.h"
#include "regard/models/text_encoder.h"
#include "tests/support/scratch_folder.h"

// Every kind of model with weights in bf16 and int8, from quantized files, and with blocks that are computed
// a second time for their gradient.

namespace regard::models {
namespace {

namespace fs = std::filesystem;
using kernels::WeightFormat;

Json bert() {
  return {{"model_type", "bert"},    {"architectures", {"BertModel"}}, {"vocab_size", 30},
          {"hidden_size", 32},       {"num_hidden_layers", 2},         {"num_attention_heads", 4},
          {"intermediate_size", 48}, {"max_position_embeddings", 16},  {"type_vocab_size", 2},
          {"pad_token_id", 0}};
}
Json llama() {
  return {{"model_type", "llama"},
          {"architectures", {"LlamaForCausalLM"}},
          {"vocab_size", 40},
          {"hidden_size", 32},
          {"intermediate_size", 48},
          {"num_hidden_layers", 2},
          {"num_attention_heads", 4},
          {"num_key_value_heads", 2},
          {"max_position_embeddings", 32},
          {"tie_word_embeddings", false}};
}
Json marian() {
  return {{"model_type", "marian"},
          {"architectures", {"MarianMTModel"}},
          {"vocab_size", 40},
          {"d_model", 32},
          {"encoder_layers", 2},
          {"decoder_layers", 2},
          {"encoder_attention_heads", 4},
          {"decoder_attention_heads", 4},
          {"encoder_ffn_dim", 48},
          {"decoder_ffn_dim", 48},
          {"max_position_embeddings", 32},
          {"activation_function", "swish"},
          {"dropout", 0.1},
          {"pad_token_id", 39},
          {"eos_token_id", 0},
          {"decoder_start_token_id", 39}};
}

const std::vector<std::vector<std::int32_t>> texts{{5, 9, 6, 22, 7, 8}, {4}, {12, 13, 29}};

// What the model gives for the texts, [N,C] or [N,V].
Var output_of(const Model& model, Step& step) {
  const TokenBatch tokens = TokenBatch::of(texts);
  if (model.kind() == TextEncoder::kind_name)
    return static_cast<const TextEncoder&>(model).hidden(step, {&tokens});
  if (model.kind() == CausalModel::kind_name) {
    const auto& causal = static_cast<const CausalModel&>(model);
    return causal.logits(causal.hidden(step, tokens));
  }
  const auto& both = static_cast<const SequenceToSequence&>(model);
  return linear(both.decode(both.encode(step, tokens), tokens), both.vocabulary(step));
}

Tensor run(const Model& model, std::optional<WeightFormat> weights, DType compute = DType::f32) {
  const ThreadPool threads(2);
  Step step({.threads = &threads, .compute = compute, .weights = weights});
  return output_of(model, step).value();
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && a.dtype() == b.dtype() &&
         std::memcmp(a.view().data, b.view().data, a.bytes()) == 0;
}

// |a - b| by |b|, both as vectors.
double distance(const Tensor& a, const Tensor& b) {
  const auto x = a.to_doubles(), y = b.to_doubles();
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    difference += (x[i] - y[i]) * (x[i] - y[i]);
    size += y[i] * y[i];
  }
  return std::sqrt(difference / size);
}

class LowBitsModel : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::string name = GetParam();
    config = name == "bert" ? bert() : name == "llama" ? llama() : marian();
    model = create(config, RandomKey{5});
    save(*model, folder / "given");
  }
  QuantizedParts quantize() const {
    return save_quantized(*load(folder / "given"), folder / "int8", context());
  }
  kernels::Context context() const { return {nullptr, kernels::best_level(), Device::cpu()}; }

  const testing_support::ScratchFolder folder;
  Json config;
  std::unique_ptr<Model> model;
};
INSTANTIATE_TEST_SUITE_P(, LowBitsModel, testing::Values("bert", "llama", "marian"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(LowBitsModel, ComputesNearTheSameFromFewerBits) {
  const Tensor f32 = run(*model, std::nullopt);
  EXPECT_TRUE(same_bits(run(*model, WeightFormat::as_computed), f32));
  const double bf16 = distance(run(*model, WeightFormat::bf16), f32),
               int8 = distance(run(*model, WeightFormat::int8), f32);
  EXPECT_GT(bf16, 0);
  EXPECT_LT(bf16, 0.01);
  EXPECT_GT(int8, 0);
  EXPECT_LT(int8, 0.03);
}

TEST_P(LowBitsModel, QuantizedFilesKeepNamesAndHalveWhatTheyHold) {
  const QuantizedParts parts = quantize();
  EXPECT_GE(parts.quantized.size(), 2U * 6U);
  const Weights given = Weights::open(folder / "given"), stored = Weights::open(folder / "int8");
  EXPECT_EQ(stored.names().size(), given.names().size() + parts.quantized.size());
  for (const std::string& name : parts.quantized) {
    EXPECT_NE(name.find(".0."), name.find(".1.")) << name;  // of a block
    EXPECT_EQ(stored.find(name)->dtype, "I8");
    EXPECT_EQ(stored.find(name)->shape, given.find(name)->shape);
    EXPECT_EQ(stored.find(name + "_scale")->shape,
              (std::vector<std::int64_t>{given.find(name)->shape[0], 1}));
  }
  for (const std::string& name : parts.others) EXPECT_EQ(stored.find(name)->dtype, "F32") << name;
  const Json how = read_json(folder / "int8/config.json")["quantization_config"];
  EXPECT_EQ(how["quant_method"], "compressed-tensors");
  EXPECT_EQ(how["format"], "int-quantized");
}

TEST_P(LowBitsModel, AQuantizedFileGivesWhatItsNumbersStandFor) {
  quantize();
  const auto loaded = load(folder / "int8");
  EXPECT_EQ(loaded->parameters().elements(), model->parameters().elements());
  const Tensor f32 = run(*model, std::nullopt), int8 = run(*loaded, std::nullopt);
  EXPECT_LT(distance(int8, f32), 0.03);
  // With weights alone rounded it is nearer: in f32, and in f64 to rounding.
  const Tensor weights_alone = run(*loaded, WeightFormat::as_computed);
  EXPECT_LT(distance(weights_alone, f32), 0.02);
  EXPECT_LT(distance(run(*loaded, std::nullopt, DType::f64), weights_alone), 1e-5);
  EXPECT_LT(distance(run(*loaded, WeightFormat::bf16), weights_alone), 0.02);
  if (std::string(GetParam()) == "bert") {  // no head: all its products are in blocks
    EXPECT_TRUE(same_bits(int8, run(*model, WeightFormat::int8)));
  }
}

TEST_P(LowBitsModel, IsSavedAgainAsItWasAndNotTrained) {
  quantize();
  const auto loaded = load(folder / "int8");
  save(*loaded, folder / "again");
  EXPECT_EQ(read_text(folder / "again/model.safetensors"), read_text(folder / "int8/model.safetensors"));
  EXPECT_EQ(read_json(folder / "again/config.json"), read_json(folder / "int8/config.json"));
  EXPECT_THROW(load(folder / "int8", read_json(folder / "int8/config.json")), InputError);
  EXPECT_TRUE(save_quantized(*loaded, folder / "twice", context()).quantized.empty());
  EXPECT_FALSE(fs::exists(folder / "twice"));
}

TEST_P(LowBitsModel, RowsThatAreNotRoundedMeetTheWeightsInF32) {
  quantize();
  Json stored = read_json(folder / "int8/config.json");
  stored["quantization_config"]["config_groups"]["group_0"]["input_activations"] = nullptr;
  write_atomically(folder / "int8/config.json", to_line(stored));
  const auto weights_alone = load(folder / "int8");
  std::int64_t quantized = 0;
  for (const Parameter* p : weights_alone->parameters().all()) quantized += p->quantized() ? 1 : 0;
  EXPECT_EQ(quantized, 0);
  EXPECT_LT(distance(run(*weights_alone, std::nullopt), run(*model, std::nullopt)), 0.02);
}

TEST_P(LowBitsModel, OtherQuantizationsAreRefused) {
  quantize();
  const Json stored = read_json(folder / "int8/config.json");
  const auto refused = [&](const char* path, const Json& value) {
    Json other = stored;
    other["quantization_config"][Json::json_pointer(path)] = value;
    write_atomically(folder / "int8/config.json", to_line(other));
    EXPECT_THROW(load(folder / "int8"), InputError) << path;
  };
  refused("/quant_method", "gptq");
  refused("/format", "pack-quantized");
  refused("/kv_cache_scheme", Json::object());
  refused("/config_groups", Json::object());
  refused("/config_groups/group_0/weights/num_bits", 4);
  refused("/config_groups/group_0/weights/symmetric", false);
  refused("/config_groups/group_0/weights/strategy", "group");
  refused("/config_groups/group_0/input_activations/dynamic", false);
  Json none = stored;
  none.erase("quantization_config");
  write_atomically(folder / "int8/config.json", to_line(none));
  EXPECT_THROW(load(folder / "int8"), InputError);  // whole numbers without a word why
}

TEST_P(LowBitsModel, RecomputedBlocksGiveTheSameBits) {
  const ThreadPool threads(2);
  std::map<std::string, Tensor> gradients[2];
  std::size_t bytes[2] = {};
  double sums[2] = {};
  for (const int recomputed : {0, 1}) {
    Tape tape;
    Step step({.threads = &threads,
               .tape = &tape,
               .mode = Mode::train,
               .random = {3},
               .blocks = recomputed == 1 ? BlockMemory::recomputed : BlockMemory::kept});
    const std::size_t before = Device::cpu().statistics().bytes_in_use;
    const Var y = output_of(*model, step);
    bytes[recomputed] = Device::cpu().statistics().bytes_in_use - before;
    const Var loss = sum(multiply(y, y));
    sums[recomputed] = loss.value().item();
    tape.backward(loss);
    for (const Parameter* p : model->parameters().all()) gradients[recomputed][p->name()] = tape.gradient(*p);
  }
  EXPECT_EQ(sums[0], sums[1]);
  EXPECT_LT(bytes[1], bytes[0] * 2 / 3);
  for (const auto& [name, gradient] : gradients[0]) {
    ASSERT_EQ(static_cast<bool>(gradient), static_cast<bool>(gradients[1][name])) << name;
    if (gradient) {
      EXPECT_TRUE(same_bits(gradient, gradients[1][name])) << name;
    }
  }
}

TEST_P(LowBitsModel, GradientsThroughBf16AreNearThoseOfF32AndInt8HasNone) {
  const ThreadPool threads(1);
  const auto gradients = [&](WeightFormat weights) {
    Tape tape;
    Step step({.threads = &threads, .tape = &tape, .weights = weights});
    const Var y = output_of(*model, step);
    tape.backward(sum(multiply(y, y)));
    std::vector<Tensor> all;
    for (const Parameter* p : model->parameters().all())
      if (const Tensor& g = tape.gradient(*p)) all.push_back(g);
    return all;
  };
  const auto f32 = gradients(WeightFormat::as_computed), bf16 = gradients(WeightFormat::bf16),
             int8 = gradients(WeightFormat::int8);
  ASSERT_EQ(f32.size(), bf16.size());
  double worst = 0;
  for (std::size_t i = 0; i < f32.size(); ++i) {
    double size = 0;
    for (const double x : f32[i].to_doubles()) size = std::max(size, std::abs(x));
    if (size < 1e-4) continue;  // a key's bias has none but by rounding
    worst = std::max(worst, distance(bf16[i], f32[i]));
    EXPECT_TRUE(same_bits(int8[i], f32[i]));  // where there is a tape weights stay f32
  }
  EXPECT_GT(worst, 0);
  EXPECT_LT(worst, 0.1);
}

}  // namespace
}  // namespace regard::models
