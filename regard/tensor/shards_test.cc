#include "regard/tensor/shards.h"

#include <gtest/gtest.h>

#include "regard/base/error.h"
#include "regard/base/json.h"
#include "tests/support/scratch_folder.h"

namespace regard {
namespace {

namespace fs = std::filesystem;

struct Shards : testing::Test {
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
  const testing_support::ScratchFolder folder;
};

std::vector<StoredTensor> five(DType type) {  // of 4 numbers each, and one of 40
  std::vector<StoredTensor> tensors;
  for (int i = 0; i < 5; ++i) {
    const std::int64_t n = i == 2 ? 40 : 4;
    tensors.push_back({{"t" + std::to_string(4 - i), Tensor::full({n}, DType::f32, 1.5 + i)}, type});
  }
  return tensors;
}

TEST_F(Shards, AreCutInTheOrderGivenAndReadBack) {
  write_weights(folder, five(DType::f32), 40);  // 16 + 16 | 160 | 16 + 16
  const std::vector<std::string> expected{"model-00001-of-00003.safetensors",
                                          "model-00002-of-00003.safetensors",
                                          "model-00003-of-00003.safetensors", "model.safetensors.index.json"};
  EXPECT_EQ(files(), expected);
  const Json index = read_json(folder / "model.safetensors.index.json");
  EXPECT_EQ(index["metadata"]["total_size"], 4 * 16 + 160);
  EXPECT_EQ(index["weight_map"]["t4"], "model-00001-of-00003.safetensors");
  EXPECT_EQ(index["weight_map"]["t2"], "model-00002-of-00003.safetensors");
  EXPECT_EQ(index["weight_map"]["t0"], "model-00003-of-00003.safetensors");
  const Weights weights = Weights::open(folder);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(weights.tensor("t" + std::to_string(4 - i)).to_doubles()[3], 1.5 + i);
}

TEST_F(Shards, AnEarlierModelLeavesNothingBehind) {
  write_weights(folder, five(DType::f32), 40);
  write_weights(folder, five(DType::bf16));
  EXPECT_EQ(files(), std::vector<std::string>{"model.safetensors"});
  EXPECT_EQ(Weights::open(folder).find("t3")->dtype, "BF16");
  write_weights(folder, five(DType::f16), 90);  // 8 + 8 | 80 + 8 | 8
  EXPECT_EQ(files().size(), 4U);
  EXPECT_EQ(Weights::open(folder).find("t3")->dtype, "F16");
  EXPECT_EQ(Weights::open(folder).tensor("t2").to_doubles()[39], 3.5);
}

TEST_F(Shards, ANameStandsOnce) {
  auto tensors = five(DType::f32);
  tensors.push_back(tensors[0]);
  EXPECT_THROW(write_weights(folder, tensors, 40), UsageError);
  EXPECT_THROW(write_weights(folder, tensors), UsageError);
}

}  // namespace
}  // namespace regard
