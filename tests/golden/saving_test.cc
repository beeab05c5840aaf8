#include <gtest/gtest.h>

#include <filesystem>

#include "regard/base/file.h"
#include "regard/models/registry.h"
#include "regard/tensor/shards.h"
#include "tests/support/named_weights.h"
#include "tests/support/scratch_folder.h"

namespace regard::models {
namespace {

namespace fs = std::filesystem;

// The checkpoint of a golden case, its weights kept in a type.
class Saving : public testing::TestWithParam<std::string> {
 protected:
  Saving() {
    fs::create_directories(folder / "given");
    const fs::path golden = fs::path(REGARD_SOURCE_DIR) / "tests/golden/families" / GetParam();
    fs::copy(golden / "config.json", folder / "given/config.json");
    weights = testing_support::drawn_weights(read_json(golden / "tensors.json"));
  }

  void give(DType type, std::uint64_t max_shard_bytes) const {
    std::vector<StoredTensor> stored;
    for (const NamedTensor& w : weights) stored.push_back({w, type});
    write_weights(folder / "given", stored, max_shard_bytes);
  }

  const testing_support::ScratchFolder folder;
  std::vector<NamedTensor> weights;
};

TEST_P(Saving, GivesBackTheSameTensorsInTheSameTypeFromShardsToo) {
  for (const DType type : {DType::f32, DType::bf16, DType::f16})
    for (const std::uint64_t most : {std::uint64_t{1} << 30, std::uint64_t{3000}}) {
      give(type, most);
      const auto model = load(folder / "given");
      save(*model, folder / "saved", {.max_shard_bytes = most});
      EXPECT_EQ(read_json(folder / "saved/config.json"), read_json(folder / "given/config.json"));
      const Weights given = Weights::open(folder / "given"), saved = Weights::open(folder / "saved");
      EXPECT_EQ(saved.names(), given.names());
      for (const std::string& name : given.names()) {
        const Tensor a = given.tensor(name), b = saved.tensor(name);
        ASSERT_EQ(a.dtype(), b.dtype()) << name;
        ASSERT_EQ(a.shape(), b.shape()) << name;
        EXPECT_EQ(std::memcmp(a.view().data, b.view().data, a.bytes()), 0) << name;
      }
    }
}

TEST_P(Saving, ATypeThatIsChosenIsSaidInTheConfiguration) {
  give(DType::bf16, 1U << 30U);
  const auto model = load(folder / "given");
  save(*model, folder / "saved", {.dtype = DType::f16});
  EXPECT_EQ(read_json(folder / "saved/config.json")["dtype"], "float16");
  const Weights saved = Weights::open(folder / "saved");
  for (const std::string& name : saved.names()) EXPECT_EQ(saved.tensor(name).dtype(), DType::f16) << name;
}

// Tied weights, a base model without its prefix, a head of its own, a table without a head.
INSTANTIATE_TEST_SUITE_P(Families, Saving,
                         testing::Values("marian", "bart", "bart_base", "mbart", "t5", "t5_gated", "t5_base",
                                         "mt5"));

// A head that differs from the embeddings is no tied one, whatever the configuration says; where only the
// head is in the file it serves as the embeddings.
TEST(TiedWeights, AreTiedAsTheFileSays) {
  const fs::path golden = fs::path(REGARD_SOURCE_DIR) / "tests/golden/families/t5";
  const testing_support::ScratchFolder folder;
  fs::copy(golden / "config.json", folder / "config.json");
  auto weights = testing_support::drawn_weights(read_json(golden / "tensors.json"));
  const auto shared = std::find_if(weights.begin(), weights.end(),
                                   [](const NamedTensor& w) { return w.name == "shared.weight"; });
  ASSERT_NE(shared, weights.end());
  const auto parameters = [&] {
    write_safetensors(folder / "model.safetensors", weights);
    return load(folder)->parameters().all().size();
  };
  const std::size_t tied = parameters();
  weights.push_back({"lm_head.weight", shared->tensor});
  EXPECT_EQ(parameters(), tied);
  weights.back().tensor = Tensor::full(weights.back().tensor.shape(), DType::f32, 0.25);
  EXPECT_EQ(parameters(), tied + 1);
  weights.erase(std::find_if(weights.begin(), weights.end(),
                             [](const NamedTensor& w) { return w.name == "shared.weight"; }));
  EXPECT_EQ(parameters(), tied);
}

}  // namespace
}  // namespace regard::models
