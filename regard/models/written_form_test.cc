#include "regard/models/written_form.h"

#include <gtest/gtest.h>

#include "regard/base/error.h"
#include "regard/models/native.h"
#include "regard/models/registry.h"

namespace regard::models {
namespace {

// What every configuration needs, and the keys given.
Json with(const Json& keys) {
  Json config{{"vocab_size", 13},
              {"d_model", 16},
              {"encoder_layers", 4},
              {"decoder_layers", 2},
              {"encoder_ffn_dim", 12},
              {"decoder_ffn_dim", 20},
              {"pad_token_id", 12},
              {"activation_function", "relu"},
              {"max_position_embeddings", 12},
              {"encoder_attention_heads", 4},
              {"decoder_attention_heads", 2},
              {"share_encoder_decoder_embeddings", true},
              {"decoder_vocab_size", 13}};
  config.update(keys);
  return config;
}

TEST(WrittenForm, PlainShapesAreTrainedAsTheyAreWritten) {
  const TrainedForm marian = trained_form(with({{"norm_position", "post"}, {"encoder_layer_groups", 4}}));
  EXPECT_EQ(marian.written_as, "marian");
  EXPECT_EQ(marian.config["model_type"], "marian");
  EXPECT_EQ(marian.config["architectures"], Json::array({"MarianMTModel"}));
  for (const std::string_view key : shape_keys()) EXPECT_FALSE(marian.config.contains(key)) << key;

  for (const Json& keys : {Json{{"norm_position", "pre"}}, Json{{"model_type", "pegasus"}}}) {
    const TrainedForm pegasus = trained_form(with(keys));
    EXPECT_EQ(pegasus.written_as, "pegasus");
    EXPECT_EQ(pegasus.config["model_type"], "pegasus");
    EXPECT_FALSE(pegasus.config.contains("norm_position"));
    EXPECT_FALSE(pegasus.config.contains("decoder_vocab_size"));
  }
}

TEST(WrittenForm, SharedWeightsAreTrainedAsTheyAreAndWrittenRepeated) {
  for (const Json& keys : {Json{{"num_key_value_heads", 2}}, Json{{"encoder_layer_groups", 1}},
                           Json{{"decoder_layer_groups", 1}}}) {
    const TrainedForm form = trained_form(with(keys));
    EXPECT_EQ(form.written_as, "marian");
    EXPECT_EQ(form.config["model_type"], "regard");
    EXPECT_EQ(trained_form(with(keys).patch(
                               Json::array({{{"op", "add"}, {"path", "/norm_position"}, {"value", "pre"}}})))
                  .written_as,
              "pegasus");
  }
  const TrainedForm own = trained_form(with({{"num_key_value_heads", 2}, {"model_type", "regard"}}));
  EXPECT_EQ(own.written_as, "regard");
  EXPECT_EQ(trained_form(with({{"model_type", "regard"}})).config["model_type"], "regard");
}

TEST(WrittenForm, RefusesWhatNoFamilyHoldsByKeyAndReason) {
  const auto refused = [](const Json& keys, const std::string& key, const std::string& instead) {
    try {
      trained_form(with(keys));
    } catch (const UsageError& e) {
      const std::string text = e.what();
      return text.starts_with(key + ": found") && text.find(instead) != std::string::npos &&
             text.find("model_type=regard") != std::string::npos;
    }
    return false;
  };
  EXPECT_TRUE(refused({{"norm_type", "rms"}}, "norm_type", "layer"));
  EXPECT_TRUE(refused({{"norm_type", "rms"}, {"norm_position", "pre"}}, "norm_type", "pegasus"));
  EXPECT_TRUE(refused({{"feed_forward", "gated"}}, "feed_forward", "plain"));
  for (const char* type : {"learned", "rotary", "relative"})
    EXPECT_TRUE(refused({{"position_type", type}}, "position_type", "sinusoidal"));
  EXPECT_TRUE(
      refused({{"norm_position", "pre"}, {"model_type", "marian"}}, "norm_position", "pegasus has pre"));
  EXPECT_TRUE(refused({{"norm_position", "post"}, {"model_type", "pegasus"}}, "norm_position", "pre"));
  EXPECT_TRUE(refused({{"norm_position", "pre"}, {"share_encoder_decoder_embeddings", false}},
                      "share_encoder_decoder_embeddings", "joint_vocab=true"));
  for (const Json& keys : {Json{{"norm_type", "rms"}}, Json{{"feed_forward", "gated"}},
                           Json{{"position_type", "rotary"}}, Json{{"norm_position", "pre"}}}) {
    Json own = with(keys);
    own["model_type"] = "regard";
    EXPECT_EQ(trained_form(own).written_as, "regard");
  }
}

TEST(WrittenForm, ImpossibleValuesAreRefusedByKey) {
  const auto refused = [](const std::string& key, const Json& value, const Json& more = Json::object()) {
    Json config = with(more);
    config[key] = value;
    config["model_type"] = config.value("model_type", "regard");
    try {
      trained_form(config, "settings");
    } catch (const InputError& e) {
      return std::string(e.what()).starts_with("settings: " + key + ": found");
    }
    return false;
  };
  EXPECT_TRUE(refused("norm_position", "middle"));
  EXPECT_TRUE(refused("norm_type", 3));
  EXPECT_TRUE(refused("feed_forward", "wide"));
  EXPECT_TRUE(refused("position_type", "none"));
  EXPECT_TRUE(refused("num_key_value_heads", 0));
  EXPECT_TRUE(refused("num_key_value_heads", 4));  // the decoder has 2 heads
  EXPECT_TRUE(refused("encoder_layer_groups", 5));
  EXPECT_TRUE(refused("decoder_layer_groups", 0));
  EXPECT_TRUE(refused("rope_theta", -1));
  EXPECT_TRUE(refused("relative_attention_num_buckets", 30));
  EXPECT_TRUE(refused("relative_attention_max_distance", 16));
  EXPECT_TRUE(refused("model_type", "parrot"));
  EXPECT_TRUE(refused("position_type", "rotary", {{"d_model", 12}}));  // heads of width 3
}

TEST(WrittenForm, ACheckpointsConfigurationBecomesOneToStartFrom) {
  Json pegasus = with(Json::object());
  pegasus["model_type"] = "pegasus";
  const Json open = open_config(pegasus, "config.json");
  EXPECT_EQ(open["norm_position"], "pre");
  EXPECT_FALSE(open.contains("model_type"));
  EXPECT_EQ(trained_form(open).written_as, "pegasus");
  pegasus["model_type"] = "regard";
  EXPECT_EQ(open_config(pegasus, "config.json"), pegasus);
}

}  // namespace
}  // namespace regard::models
