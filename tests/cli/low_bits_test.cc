#include <algorithm>
#include <cmath>
#include <sstream>
#include <vector>

#include "regard/base/json.h"
#include "tests/support/program.h"
#include "tests/support/small_causal_model.h"
#include "tests/support/small_encoder.h"
#include "tests/support/small_training.h"

// --dtype bf16 and int8, `regard quantize`, and training in bf16 and with recomputed blocks.

namespace regard::testing_support {
namespace {

std::vector<double> numbers_in(const std::string& text) {
  std::istringstream in(text);
  std::vector<double> numbers;
  for (double x = 0; in >> x;) numbers.push_back(x);
  return numbers;
}

double largest_difference(const std::string& a, const std::string& b) {
  const auto x = numbers_in(a), y = numbers_in(b);
  EXPECT_EQ(x.size(), y.size());
  EXPECT_GT(x.size(), 0U);
  double most = 0;
  for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) most = std::max(most, std::abs(x[i] - y[i]));
  return most;
}

class Quantize : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_small_encoder(folder / "plain", "BertForMaskedLM");
    write("lines", "a man rides the horse\nthe dog runs .\n");
    write("masked", "a man rides the [MASK] .\n");
  }
};

TEST_F(Quantize, WritesAModelThatTheCommandsRead) {
  const Result made = sh("regard quantize plain small --weights int8 --json");
  ASSERT_EQ(made.exit, 0) << made.err;
  const Json said = Json::parse(made.out);
  EXPECT_EQ(said["quantized"].size(), 12U);
  EXPECT_LT(said["bytes"].get<int>(), said["bytes_before"].get<int>());
  EXPECT_TRUE(std::filesystem::exists(folder / "small/vocab.txt"));
  const Result plain = sh("regard embed plain lines"), small = sh("regard embed small lines");
  ASSERT_EQ(small.exit, 0) << small.err;
  const double off = largest_difference(plain.out, small.out);
  EXPECT_GT(off, 0);
  EXPECT_LT(off, 0.05);
  // f32: the weights' numbers as they are, rows not rounded; int8: as the file says, and the head too.
  EXPECT_NE(sh("regard embed small lines --dtype f32").out, small.out);
  EXPECT_EQ(sh("regard embed small lines --dtype int8").out, small.out);
  EXPECT_EQ(sh("regard fill-mask small masked").exit, 0);
  EXPECT_NE(sh("regard info small --tensors").out.find("I8"), std::string::npos);
  EXPECT_NE(sh("regard quantize plain other").err.find("12 of"), std::string::npos);
}

TEST_F(Quantize, WrongUsesAreSaid) {
  expect_error(sh("regard quantize plain"), 2, "OUT");
  expect_error(sh("regard quantize plain small --weights int4"), 2, "int4");
  expect_error(sh("regard quantize plain plain"), 2, "plain");
  expect_error(sh("regard quantize missing small"), 3, "missing");
  expect_error(sh("regard quantize plain small --dtype bf16"), 2, "--dtype");
  ASSERT_EQ(sh("regard quantize plain small --quiet").exit, 0);
  expect_error(sh("regard quantize small smaller"), 3, "quantized already");
  make_small_causal_model(folder / "gpt2");
  expect_error(sh("regard quantize gpt2 small2"), 3, "gpt2");
  EXPECT_FALSE(std::filesystem::exists(folder / "small2/config.json"));
  expect_error(sh("sed -i s/compressed-tensors/gptq/ small/config.json; regard embed small lines"), 3,
               "gptq");
}

TEST_F(Quantize, OtherTypesOfProductsAreNear) {
  const std::string f32 = sh("regard embed plain lines").out;
  EXPECT_EQ(sh("regard embed plain lines --dtype f32").out, f32);
  for (const std::string type : {"bf16", "int8"}) {
    const Result other = sh("regard embed plain lines --dtype " + type);
    ASSERT_EQ(other.exit, 0) << other.err;
    const double off = largest_difference(other.out, f32);
    EXPECT_GT(off, 0) << type;
    EXPECT_LT(off, 0.05) << type;
    EXPECT_EQ(sh("regard embed plain lines --threads 3 --batch-size 1 --dtype " + type).out, other.out);
    EXPECT_EQ(sh("regard fill-mask plain masked --dtype " + type).exit, 0);
    make_small_causal_model(folder / "gpt2");
    EXPECT_EQ(sh("echo abc | regard generate gpt2 --dtype " + type).exit, 0);
    EXPECT_EQ(sh("regard generate $GOLDEN/tied --input-ids '5 9 0' --output-ids --dtype " + type).exit, 0);
  }
  expect_error(sh("regard embed plain lines --dtype f16"), 2, "f32, bf16, int8 or f64");
  expect_error(sh("echo a | regard translate $GOLDEN/tied --dtype f64"), 2, "f32, bf16 or int8");
  expect_error(sh("regard train translation --train x --output y --dtype int8"), 2, "f32 or bf16");
  expect_error(sh("regard demo --dtype bf16"), 2, "expected f32");
}

TEST_F(Quantize, PassesOfTensorsTakeTheTypesToo) {
  const std::string pass =
      "regard forward $GOLDEN/tied --inputs $GOLDEN/tied/inputs.safetensors --outputs o ";
  for (const std::string type : {"bf16", "int8"}) EXPECT_EQ(sh(pass + "--dtype " + type).exit, 0) << type;
  EXPECT_EQ(sh(pass + "--dtype bf16 --gradients model.shared.weight").exit, 0);
  expect_error(sh(pass + "--dtype int8 --gradients model.shared.weight"), 2, "int8");
}

class LowBitsTraining : public TrainingTest {
 protected:
  // The last report of the training's loss.
  double last_loss(const std::string& output) const {
    std::istringstream lines(read_all(folder / output / "log.jsonl"));
    double loss = 0;
    for (std::string text; std::getline(lines, text);) {
      const Json json = Json::parse(text, nullptr, false);
      if (json.is_object() && json.contains("loss")) loss = json["loss"].get<double>();
    }
    return loss;
  }
};

TEST_F(LowBitsTraining, RecomputedBlocksChangeNoBit) {
  finish("kept");
  finish("twice", {"--set", "gradient_checkpointing=true"});
  EXPECT_EQ(model("kept"), model("twice"));
}

TEST_F(LowBitsTraining, Bf16LearnsAsF32Does) {
  finish("f32");
  finish("bf16", {"--dtype", "bf16"});
  EXPECT_NE(model("f32"), model("bf16"));
  EXPECT_GT(last_loss("f32"), 0);
  EXPECT_NEAR(last_loss("bf16"), last_loss("f32"), 0.05 * last_loss("f32"));
  EXPECT_EQ(Json::parse(read_all(folder / "bf16/regard.json"))["dtype"], "bf16");
  EXPECT_NE(sh("regard info bf16 --tensors").out.find("F32"), std::string::npos);  // master weights are kept
  expect_error(sh(line("bf16")), 2, "dtype");
  finish("bf16", {"--dtype", "bf16"});  // and a finished run is one
}

// A model that has learned its task: what fewer bits change of its answers.
TEST_F(LowBitsTraining, AnswersStayInFewerBits) {
  const std::string run =
      "regard train translation --quiet --train train.tsv --valid valid.tsv --output run --set d_model=64 "
      "--set "
      "encoder_layers=1 --set decoder_layers=1 --set encoder_attention_heads=4 --set "
      "decoder_attention_heads=4 "
      "--set encoder_ffn_dim=128 --set decoder_ffn_dim=128 --set dropout=0 --set vocab_size=60 --set "
      "batch_tokens=1024 --set warmup_steps=50 --set learning_rate=5e-3 --set max_steps=200 --set "
      "eval_steps=200 --set save_steps=200 --set predict_with_generate=false";
  const Result trained = sh(run);
  ASSERT_EQ(trained.exit, 0) << trained.err;
  ASSERT_EQ(sh("regard quantize run small --quiet").exit, 0);
  ASSERT_EQ(sh("cut -f 1 train.tsv > source; cut -f 2 train.tsv > target").exit, 0);
  const auto right = [&](const std::string& how) {
    const Result r = sh("regard translate " + how + " source --beam 4 --quiet");
    EXPECT_EQ(r.exit, 0) << r.err;
    std::istringstream ours(r.out), targets(read_all(folder / "target"));
    int equal = 0;
    for (std::string a, b; std::getline(ours, a) && std::getline(targets, b);) equal += a == b ? 1 : 0;
    return equal;
  };
  const int f32 = right("run");
  EXPECT_GE(f32, 270);  // of 300
  for (const std::string how : {"run --dtype bf16", "run --dtype int8", "small"})
    EXPECT_NEAR(right(how), f32, 6) << how;  // 2 % of the lines
}

}  // namespace
}  // namespace regard::testing_support
