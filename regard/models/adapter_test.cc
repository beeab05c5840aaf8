#include "regard/models/adapter.h"

#include <gtest/gtest.h>

#include <cmath>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/models/registry.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/small_encoder.h"

namespace regard::models {
namespace {

namespace fs = std::filesystem;

class AdapterTest : public testing::Test {
 protected:
  AdapterTest() {
    testing_support::make_small_encoder(folder_ / "base", "BertModel");
    fs::create_directories(folder_ / "adapter");
    config_ = {{"peft_type", "LORA"}, {"r", 2}, {"lora_alpha", 6}, {"bias", "none"}};
    tensors_ = {{prefix_ + query_ + ".lora_A.weight", numbers({2, 8}, 1)},
                {prefix_ + query_ + ".lora_B.weight", numbers({8, 2}, 2)}};
  }

  static Tensor numbers(const Shape& shape, std::uint64_t seed) {
    RandomStream random({seed});
    std::vector<double> values(static_cast<std::size_t>(shape.elements()));
    for (double& v : values) v = random.normal();
    return Tensor::from<double>(shape, values).to(DType::f32);
  }
  void write() const {
    write_atomically(folder_ / "adapter/adapter_config.json", to_pretty(config_));
    write_safetensors(folder_ / "adapter/adapter_model.safetensors", tensors_);
  }
  std::unique_ptr<models::Model> load() const {
    write();
    return load_with_adapter(folder_ / "base", folder_ / "adapter");
  }
  std::string error() const {
    try {
      load();
    } catch (const InputError& e) {
      return e.what();
    }
    return "";
  }

  testing_support::ScratchFolder folder_;
  Json config_;
  std::vector<NamedTensor> tensors_;
  const std::string prefix_ = "base_model.model.", query_ = "encoder.layer.0.attention.self.query";
};

TEST_F(AdapterTest, AddsTheProductToTheWeight) {
  const auto before = models::load(folder_ / "base");
  const auto weight = [&](const models::Model& m, const std::string& name) {
    return m.parameters().find(name + ".weight")->value().to_doubles();
  };
  for (const bool rank_stabilized : {false, true}) {
    config_["use_rslora"] = rank_stabilized;
    const double scale = rank_stabilized ? 6 / std::sqrt(2.0) : 3;
    const auto after = load();
    const auto w = weight(*before, query_), merged = weight(*after, query_);
    const auto a = tensors_[0].tensor.to_doubles(), b = tensors_[1].tensor.to_doubles();
    for (std::size_t o = 0; o < 8; ++o)
      for (std::size_t i = 0; i < 8; ++i)
        EXPECT_NEAR(merged[o * 8 + i], w[o * 8 + i] + scale * (b[o * 2] * a[i] + b[o * 2 + 1] * a[8 + i]),
                    1e-5);
    EXPECT_EQ(weight(*after, "encoder.layer.1.attention.self.query"),
              weight(*before, "encoder.layer.1.attention.self.query"));
  }
  config_.erase("use_rslora");
  config_["fan_in_fan_out"] = true;  // W is stored the other way round
  const auto turned = weight(*load(), query_), w = weight(*before, query_);
  const auto a = tensors_[0].tensor.to_doubles(), b = tensors_[1].tensor.to_doubles();
  EXPECT_NEAR(turned[1], w[1] + 3 * (b[2] * a[0] + b[3] * a[8]), 1e-5);
}

TEST_F(AdapterTest, BringsAHeadThatWasTrainedWhole) {
  Json config = read_json(folder_ / "base/config.json");
  config["architectures"] = {"BertForSequenceClassification"};
  config["id2label"] = {{"0", "no"}, {"1", "yes"}, {"2", "perhaps"}};
  write_atomically(folder_ / "adapter/config.json", to_pretty(config));
  tensors_ = {{prefix_ + "bert." + query_ + ".lora_A.weight", numbers({2, 8}, 1)},
              {prefix_ + "bert." + query_ + ".lora_B.weight", numbers({8, 2}, 2)},
              {prefix_ + "classifier.weight", numbers({3, 8}, 3)},
              {prefix_ + "classifier.bias", numbers({3}, 4)}};
  const auto model = load();
  EXPECT_EQ(model->config().at("id2label").size(), 3U);
  EXPECT_EQ(model->parameters().find("classifier.weight")->value().to_doubles(),
            tensors_[2].tensor.to_doubles());
  tensors_.pop_back();
  EXPECT_NE(error().find("classifier.bias"), std::string::npos) << error();
}

TEST_F(AdapterTest, IsAModelByItself) {
  config_["base_model_name_or_path"] = "../base";  // beside it
  config_["task_type"] = "SEQ_CLS";
  tensors_ = {{prefix_ + "bert." + query_ + ".lora_A.weight", numbers({2, 8}, 1)},
              {prefix_ + "bert." + query_ + ".lora_B.weight", numbers({8, 2}, 2)},
              {prefix_ + "classifier.weight", numbers({3, 8}, 3)},
              {prefix_ + "classifier.bias", numbers({3}, 4)}};
  // PEFT keeps no configuration of the head: its labels are counted.
  const auto counted = load();
  EXPECT_EQ(counted->config().at("architectures"), Json{"BertForSequenceClassification"});
  EXPECT_EQ(counted->config().at("id2label").size(), 3U);
  EXPECT_TRUE(is_adapter(folder_ / "adapter"));
  EXPECT_FALSE(is_adapter(folder_ / "base"));
  EXPECT_EQ(fs::canonical(base_of(folder_ / "adapter")), fs::canonical(folder_ / "base"));

  write_atomically(folder_ / "adapter/config.json", to_pretty(counted->config()));
  const auto whole = models::load(folder_ / "adapter");
  const auto below = load_base(folder_ / "adapter");  // without its head
  const auto weight = [](const Model& m, const std::string& name) {
    return m.parameters().find(name + ".weight")->value().to_doubles();
  };
  EXPECT_EQ(weight(*whole, "bert." + query_), weight(*counted, "bert." + query_));
  EXPECT_EQ(weight(*below, query_), weight(*counted, "bert." + query_));
  config_["base_model_name_or_path"] = "nowhere";
  write();
  try {
    models::load(folder_ / "adapter");
    FAIL();
  } catch (const InputError& e) {
    EXPECT_NE(std::string(e.what()).find("--adapter"), std::string::npos) << e.what();
  }
}

TEST_F(AdapterTest, RefusesByNameWhatItCannotAdd) {
  config_["peft_type"] = "IA3";
  EXPECT_NE(error().find("peft_type"), std::string::npos);
  config_["peft_type"] = "LORA";
  config_["use_dora"] = true;
  EXPECT_NE(error().find("use_dora"), std::string::npos);
  config_["use_dora"] = false;
  config_["r"] = 3;
  EXPECT_NE(error().find(query_), std::string::npos);
  config_["r"] = 2;
  tensors_.pop_back();
  EXPECT_NE(error().find("lora_B"), std::string::npos) << error();
  tensors_ = {{prefix_ + "nowhere.lora_A.weight", numbers({2, 8}, 1)},
              {prefix_ + "nowhere.lora_B.weight", numbers({8, 2}, 1)}};
  EXPECT_NE(error().find("nowhere.weight"), std::string::npos) << error();
  tensors_ = {{"lora_A", numbers({2, 8}, 1)}};
  EXPECT_NE(error().find(prefix_), std::string::npos);
}

}  // namespace
}  // namespace regard::models
