#include "regard/tensor/safetensors.h"
#include "tests/support/program.h"
#include "tests/support/small_encoder.h"

namespace regard::testing_support {
namespace {

class Merge : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_small_encoder(folder / "base", "BertModel");
    const std::string module = "base_model.model.encoder.layer.0.attention.self.value";
    std::filesystem::create_directories(folder / "adapter");
    write("adapter/adapter_config.json", "{\"peft_type\": \"LORA\", \"r\": 1, \"lora_alpha\": 1}");
    const std::vector<NamedTensor> tensors{{module + ".lora_A.weight", Tensor::full({1, 8}, DType::f32, 1)},
                                           {module + ".lora_B.weight", Tensor::full({8, 1}, DType::f32, 1)}};
    write_safetensors(folder / "adapter/adapter_model.safetensors", tensors);
  }
};

TEST_F(Merge, GivesAModelThatAnswersOtherwise) {
  ASSERT_EQ(sh("regard merge base adapter merged").exit, 0);
  const Result before = sh("echo 'the dog' | regard embed base"),
               after = sh("echo 'the dog' | regard embed merged");
  EXPECT_EQ(after.exit, 0) << after.err;
  EXPECT_NE(before.out, after.out);
  expect_error(sh("regard merge base adapter merged"), 2, "merged: found a model there");
  expect_error(sh("regard merge base missing other"), 3, "adapter_config.json");
  expect_error(sh("regard merge base"), 2, "ADAPTER");
}

TEST_F(Merge, IsNotNeededToUseAnAdapter) {
  ASSERT_EQ(sh("regard merge base adapter merged").exit, 0);
  const Result merged = sh("echo 'the dog' | regard embed merged"),
               together =
                   sh("mkdir tmp; echo 'the dog' | TMPDIR=tmp regard embed base --adapter adapter; ls tmp");
  EXPECT_EQ(together.exit, 0) << together.err;
  EXPECT_EQ(merged.out, together.out);  // and nothing is left in tmp
  expect_error(sh("echo 'the dog' | regard embed base --adapter base"), 3, "adapter_config.json");
  expect_error(sh("echo 'the dog' | regard embed adapter"), 3, "base_model_name_or_path");
}

}  // namespace
}  // namespace regard::testing_support
