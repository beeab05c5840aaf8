#include <cmath>
#include <fstream>
#include <string>

#include "regard/tensor/safetensors.h"
#include "tests/support/program.h"

// `forward` and `generate` against what transformers computed for the small checkpoints.

namespace regard::testing_support {
namespace {

constexpr const char* checkpoints[] = {"marian/tied", "marian/separate", "marian/gelu", "pegasus/relu",
                                       "pegasus/gelu"};

class Forward : public ProgramTest {
 protected:
  // The greatest difference of a tensor among real positions, relative to its greatest element; elements of
  // about 1e-17 are zeros (the keys' biases have no gradient).
  static double difference(const Tensor& got, const Tensor& expected, const std::string& name) {
    EXPECT_EQ(got.shape(), expected.shape()) << name;
    if (!(got.shape() == expected.shape())) return INFINITY;
    const auto a = got.to_doubles(), b = expected.to_doubles();
    double most = 0, scale = 0;
    for (std::size_t i = 0; i < a.size(); ++i) scale = std::max(scale, std::abs(b[i]));
    for (std::size_t i = 0; i < a.size(); ++i)
      if (real(got.shape(), i, name)) most = std::max(most, std::abs(a[i] - b[i]));
    return most / std::max(scale, 1e-3);
  }

  // Whether an element belongs to a real source position; sources of the checkpoints' inputs are 7, 4, 1, 5.
  static bool real(const Shape& shape, std::size_t element, const std::string& name) {
    static const std::int64_t sources[] = {7, 4, 1, 5};
    if (name.rfind("encoder_", 0) != 0 || shape.rank() < 3) return true;
    std::vector<std::int64_t> at(static_cast<std::size_t>(shape.rank()));
    auto rest = static_cast<std::int64_t>(element);
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      at[static_cast<std::size_t>(axis)] = rest % shape[axis];
      rest /= shape[axis];
    }
    const std::int64_t position = shape.rank() == 3 ? at[1] : at[2];
    return position < sources[at[0]];
  }

  void expect_golden(const std::string& name, const std::string& type, double tolerance) {
    const std::filesystem::path golden = std::filesystem::path(REGARD_SOURCE_DIR) / "tests/golden" / name;
    const SafetensorsFile expected(golden / "outputs.safetensors");
    std::string gradients;
    for (const TensorInfo& info : expected.tensors())
      if (info.name.rfind("gradient.", 0) == 0)
        gradients += (gradients.empty() ? "" : ",") + info.name.substr(9);
    const Result result = sh("regard forward $GOLDEN/../" + name + " --inputs $GOLDEN/../" + name +
                             "/inputs.safetensors --outputs out.safetensors --hidden-states --attentions "
                             "--gradients " +
                             gradients + " --dtype " + type);
    ASSERT_EQ(result.exit, 0) << result.err;
    const SafetensorsFile got(folder / "out.safetensors");
    int compared = 0;
    for (const TensorInfo& info : expected.tensors()) {
      if (info.name == "float_positions.logits") continue;
      ASSERT_NE(got.find(info.name), nullptr) << info.name;
      EXPECT_LT(difference(got.tensor(info.name), expected.tensor(info.name), info.name), tolerance)
          << info.name;
      ++compared;
    }
    EXPECT_GE(compared, 20);
    EXPECT_EQ(got.tensors().size(), static_cast<std::size_t>(compared));
  }
};

TEST_F(Forward, EqualsTransformersInDouble) {
  for (const char* name : checkpoints) expect_golden(name, "f64", 1e-9);
}

TEST_F(Forward, EqualsTransformersInSingle) {
  for (const char* name : checkpoints) expect_golden(name, "f32", 1e-4);
}

TEST_F(Forward, WritesLogitsAloneByDefault) {
  ASSERT_EQ(sh("regard forward $GOLDEN/tied --inputs $GOLDEN/tied/inputs.safetensors --outputs o").exit, 0);
  const SafetensorsFile got(folder / "o");
  EXPECT_NE(got.find("logits"), nullptr);
  EXPECT_NE(got.find("loss"), nullptr);
  EXPECT_NE(got.find("encoder_last_hidden_state"), nullptr);
  EXPECT_EQ(got.tensors().size(), 3U);
}

TEST_F(Forward, SaysWhatIsWrongWithItsInputs) {
  const std::string run = "regard forward $GOLDEN/tied --outputs o --inputs ";
  expect_error(sh(run + "missing"), 3, "missing");
  write("text", "hello");
  expect_error(sh(run + "text"), 3, "text");
  const auto with = [&](const std::vector<NamedTensor>& tensors) {
    write_safetensors(folder / "in", tensors);
    return sh(run + "in");
  };
  const Tensor ids = Tensor::from<std::int64_t>({1, 3}, {5, 6, 0});
  expect_error(with({{"input_ids", ids}}), 3, "decoder_input_ids");
  expect_error(with({{"decoder_input_ids", ids}}), 3, "input_ids");
  expect_error(with({{"input_ids", ids}, {"input_id", ids}}), 3, "did you mean");
  expect_error(with({{"input_ids", Tensor::from<std::int64_t>({1, 2}, {5, 37})}, {"labels", ids}}), 3, "37");
  expect_error(with({{"input_ids", Tensor::from<std::int64_t>({1, 2}, {5, -1})}, {"labels", ids}}), 3, "-1");
  expect_error(with({{"input_ids", Tensor::from<float>({1, 2}, {5, 1})}, {"labels", ids}}), 3, "f32");
  expect_error(with({{"input_ids", ids}, {"labels", Tensor::from<std::int64_t>({2, 1}, {5, 1})}}), 3,
               "[2, 1]");
  expect_error(with({{"input_ids", ids},
                     {"labels", ids},
                     {"attention_mask", Tensor::from<std::int64_t>({1, 3}, {0, 1, 1})}}),
               3, "padding on the right");
  expect_error(with({{"input_ids", Tensor::full({1, 65}, DType::i64, 5)}, {"labels", ids}}), 3, "at most 64");
  const std::string golden = run + "$GOLDEN/tied/inputs.safetensors ";
  expect_error(sh(golden + "--gradients model.shared.weigth"), 2, "did you mean 'model.shared.weight'?");
  expect_error(sh(golden + "--dtype f16"), 2, "f32, bf16, int8 or f64");
  expect_error(sh(golden + "--config '{\"x\": 1}'"), 2, "'x'");
  expect_error(sh("regard forward $GOLDEN/tied --outputs missing/o --inputs $GOLDEN/tied/inputs.safetensors"),
               1, "missing/o");
  expect_error(sh("regard forward $GOLDEN/tied --outputs /dev/full --inputs $GOLDEN/tied/inputs.safetensors"),
               1, "/dev/full");
}

TEST_F(Forward, LabelsAloneAreShiftedRight) {
  write_safetensors(folder / "a",
                    std::vector<NamedTensor>{{"input_ids", Tensor::from<std::int64_t>({1, 3}, {5, 6, 0})},
                                             {"labels", Tensor::from<std::int64_t>({1, 3}, {7, 8, -100})}});
  write_safetensors(folder / "b", std::vector<NamedTensor>{
                                      {"input_ids", Tensor::from<std::int64_t>({1, 3}, {5, 6, 0})},
                                      {"decoder_input_ids", Tensor::from<std::int64_t>({1, 3}, {36, 7, 8})}});
  ASSERT_EQ(
      sh("for f in a b; do regard forward $GOLDEN/tied --inputs $f --outputs $f.out || exit 1; done").exit,
      0);
  EXPECT_EQ(SafetensorsFile(folder / "a.out").tensor("logits").to_doubles(),
            SafetensorsFile(folder / "b.out").tensor("logits").to_doubles());
}

TEST_F(Forward, GenerateGivesTheIdsOfTransformers) {
  EXPECT_EQ(
      sh("regard generate $GOLDEN/tied --input-ids '11 13 17 4 18 3 0' --input-ids '2 12 5 0' --output-ids "
         "--config '{\"num_beams\": 4, \"max_length\": 24}'")
          .out,
      "36 11 4 4 4 4 4 4 4 4 4 0\n36 5 5 5 5 0\n");
  expect_error(sh("regard generate $GOLDEN/tied --input-ids '5 37' --output-ids"), 2, "'37'");
  expect_error(sh("regard generate $GOLDEN/tied --input-ids '5 x' --output-ids"), 2, "'x'");
  expect_error(sh("regard generate $GOLDEN/tied --input-ids ' ' --output-ids"), 2, "no ids");
  expect_error(sh("regard generate $GOLDEN/tied --input-ids 5 --output-ids --config '{'"), 2, "--config");
}

}  // namespace
}  // namespace regard::testing_support
