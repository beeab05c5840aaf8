#include <cmath>
#include <sstream>

#include "regard/base/json.h"
#include "regard/tensor/safetensors.h"
#include "tests/support/program.h"
#include "tests/support/small_causal_model.h"
#include "tests/support/small_encoder.h"

// `regard embed` with plain directories and those of sentence-transformers.

namespace regard::testing_support {
namespace {

class Embed : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_small_encoder(folder / "plain", "BertModel");
    sh("cp -r plain sentence");
    write("sentence/modules.json",
          R"([{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
              {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
              {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}])");
    pooling("pooling_mode_mean_tokens");
    write("sentence/sentence_bert_config.json", R"({"max_seq_length": 5, "do_lower_case": false})");
    write("lines", "a man rides the horse\nthe dog runs .\n\na man\nthe dogs\n");
  }
  void pooling(const std::string& key) const {
    write("sentence/1_Pooling/config.json", R"({"word_embedding_dimension": 8, ")" + key + R"(": true})");
  }
};

std::vector<std::vector<double>> vectors_in(const std::string& text) {
  std::vector<std::vector<double>> rows;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream numbers(line);
    rows.emplace_back();
    for (double x = 0; numbers >> x;) rows.back().push_back(x);
  }
  return rows;
}

TEST_F(Embed, GivesAVectorForALineWhateverItsBatch) {
  const Result all = sh("regard embed plain lines");
  ASSERT_EQ(all.exit, 0) << all.err;
  const auto rows = vectors_in(all.out);
  ASSERT_EQ(rows.size(), 5U);
  for (const auto& row : rows) EXPECT_EQ(row.size(), 8U);
  EXPECT_EQ(sh("regard embed plain --batch-size 1 --threads 1 < lines").out, all.out);
  EXPECT_EQ(sh("regard embed plain --batch-size 2 --threads 3 < lines").out, all.out);
  EXPECT_EQ(sh("while IFS= read -r l; do printf '%s\\n' \"$l\" | regard embed plain; done < lines").out,
            all.out);
  std::istringstream json(sh("regard embed plain --json lines").out);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::string line;
    std::getline(json, line);
    EXPECT_EQ(Json::parse(line)["embedding"].get<std::vector<double>>(), rows[i]);
  }
}

TEST_F(Embed, ObeysTheModulesOfSentenceTransformers) {
  const auto plain = vectors_in(sh("regard embed plain lines").out);
  const auto sentence = vectors_in(sh("regard embed sentence lines").out);
  ASSERT_EQ(sentence.size(), plain.size());
  for (const auto& row : sentence) {
    double length = 0;
    for (const double x : row) length += x * x;
    EXPECT_NEAR(length, 1, 1e-5);
  }
  double length = 0;
  for (const double x : plain[3]) length += x * x;
  for (std::size_t c = 0; c < 8; ++c) EXPECT_NEAR(sentence[3][c], plain[3][c] / std::sqrt(length), 1e-5);
  // Five tokens are left of the first line: [CLS] a man rides [SEP].
  EXPECT_EQ(sh("echo 'a man rides' | regard embed sentence").out,
            sh("head -n 1 lines | regard embed sentence").out);
  // So it is where the tokenizer alone says how many.
  const std::string settings = R"(, "model_max_length": 5})";
  sh("cp sentence/tokenizer_config.json kept");
  std::string config = read_all(folder / "kept");
  config.replace(config.rfind('}'), 1, settings);
  write("sentence/tokenizer_config.json", config);
  write("sentence/sentence_bert_config.json", "{}");
  EXPECT_EQ(vectors_in(sh("regard embed sentence lines").out), sentence);
  pooling("pooling_mode_cls_token");
  const auto first = vectors_in(sh("regard embed sentence lines").out);
  EXPECT_GT(std::fabs(first[0][0] - sentence[0][0]), 1e-6);
}

TEST_F(Embed, ReadsTheEncoderOfAModelWithAHead) {
  make_small_encoder(folder / "headed", "BertForMaskedLM");
  EXPECT_EQ(vectors_in(sh("regard embed headed lines").out).size(), 5U);
}

// Two numbers for each line: tanh(W v + b) of the mean v, and then of length one.
class EmbedDense : public Embed {
 protected:
  void SetUp() override {
    Embed::SetUp();
    write("sentence/modules.json",
          R"([{"path": "", "type": "sentence_transformers.models.Transformer"},
              {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
              {"path": "2_Dense", "type": "sentence_transformers.models.Dense"},
              {"path": "3_Normalize", "type": "sentence_transformers.models.Normalize"}])");
    sh("mkdir sentence/2_Dense");
    for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = 0.1F * static_cast<float>(i % 5) - 0.15F;
    write_safetensors(folder / "sentence/2_Dense/model.safetensors",
                      std::vector<NamedTensor>{{"linear.weight", Tensor::from<float>({2, 8}, weight)},
                                               {"linear.bias", Tensor::from<float>({2}, bias)}});
    dense(R"("in_features": 8, "out_features": 2, "bias": true,
             "activation_function": "torch.nn.modules.activation.Tanh")");
  }
  void dense(const std::string& keys) const { write("sentence/2_Dense/config.json", "{" + keys + "}"); }

  std::vector<float> weight = std::vector<float>(16), bias{0.5F, -0.25F};
};

TEST_F(EmbedDense, GoesThroughTheLayerBehindThePooling) {
  const auto plain = vectors_in(sh("regard embed plain lines").out);
  const auto found = vectors_in(sh("regard embed sentence lines").out);
  ASSERT_EQ(found.size(), plain.size());
  for (const std::size_t line : {2U, 3U, 4U}) {  // which five tokens hold
    double y[2] = {bias[0], bias[1]};
    for (std::size_t i = 0; i < 16; ++i) y[i / 8] += static_cast<double>(weight[i]) * plain[line][i % 8];
    const double a = std::tanh(y[0]), b = std::tanh(y[1]), length = std::hypot(a, b);
    ASSERT_EQ(found[line].size(), 2U);
    EXPECT_NEAR(found[line][0], a / length, 1e-5);
    EXPECT_NEAR(found[line][1], b / length, 1e-5);
  }
  EXPECT_EQ(vectors_in(sh("regard embed sentence --batch-size 1 lines").out), found);
}

TEST_F(EmbedDense, IsKeptByTraining) {
  write("pairs.tsv", "the dog\tthe dogs\na man\tthe man\na horse\tthe horse\nruns\trides\n");
  const Result trained = sh(
      "regard train feature-extraction --init sentence --train pairs.tsv --valid pairs.tsv --output trained "
      "--set max_steps=2 --set learning_rate=1e-2");
  ASSERT_EQ(trained.exit, 0) << trained.err;
  EXPECT_EQ(read_all(folder / "trained/2_Dense/model.safetensors"),
            read_all(folder / "sentence/2_Dense/model.safetensors"));
  const auto vectors = vectors_in(sh("regard embed trained lines").out);
  ASSERT_EQ(vectors.size(), 5U);
  EXPECT_EQ(vectors[0].size(), 2U);
  EXPECT_NE(vectors, vectors_in(sh("regard embed sentence lines").out));
}

TEST_F(EmbedDense, RefusesWhatDoesNotFit) {
  dense(R"("in_features": 8, "out_features": 2, "activation_function": "torch.nn.Softmax")");
  expect_error(sh("regard embed sentence lines"), 3, "activation_function");
  dense(R"("in_features": 7, "out_features": 2)");
  expect_error(sh("regard embed sentence lines"), 3, "linear.weight");
  dense(R"("in_features": 8, "out_features": 2, "module_input_name": "token_embeddings")");
  expect_error(sh("regard embed sentence lines"), 3, "module_input_name");
  dense(R"("in_features": 8, "out_features": 2)");
  write("sentence/1_Pooling/config.json", R"({"pooling_mode": ["cls", "mean"]})");
  expect_error(sh("regard embed sentence lines"), 3, "in_features 8, expected 16");
  write("sentence/modules.json", R"([{"path": "", "type": "sentence_transformers.models.Normalize"},
                                     {"path": "2_Dense", "type": "sentence_transformers.models.Dense"}])");
  expect_error(sh("regard embed sentence lines"), 3, "[1].type");
  sh("mv sentence/2_Dense/model.safetensors sentence/2_Dense/pytorch_model.bin");
  write("sentence/modules.json", R"([{"path": "2_Dense", "type": "sentence_transformers.models.Dense"}])");
  expect_error(sh("regard embed sentence lines"), 3, "2_Dense");
}

// "the " is put before every text; its tokens, and [CLS] before them, are left out of the mean where the
// pooling says so.
TEST_F(Embed, LeavesThePromptOutOfThePoolingWhereItSaysSo) {
  write("sentence/modules.json", R"([{"path": "", "type": "sentence_transformers.models.Transformer"},
                                     {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}])");
  write("sentence/config_sentence_transformers.json",
        R"({"prompts": {"query": "the "}, "default_prompt_name": "query"})");
  write("sentence/1_Pooling/config.json", R"({"pooling_mode": "lasttoken"})");
  const auto last = vectors_in(sh("echo dog | regard embed sentence").out);
  write("sentence/1_Pooling/config.json", R"({"pooling_mode": "mean", "include_prompt": false})");
  const auto without = vectors_in(sh("echo dog | regard embed sentence").out);
  write("sentence/1_Pooling/config.json", R"({"pooling_mode": "cls", "include_prompt": false})");
  const auto dog = vectors_in(sh("echo dog | regard embed sentence").out);
  ASSERT_EQ(without.size(), 1U);
  for (std::size_t c = 0; c < 8; ++c) EXPECT_NEAR(without[0][c], (dog[0][c] + last[0][c]) / 2, 1e-5);
}

TEST_F(Embed, ReadsTheStackOfADecoder) {
  make_small_causal_model(folder / "decoder");
  write("decoder/modules.json", R"([{"path": "", "type": "sentence_transformers.models.Transformer"},
                                    {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}])");
  sh("mkdir decoder/1_Pooling");
  write("decoder/1_Pooling/config.json", R"({"pooling_mode": "lasttoken"})");
  write("texts", "one text\nanother\nthe same\n");
  const Result all = sh("regard embed decoder texts");
  ASSERT_EQ(all.exit, 0) << all.err;
  ASSERT_EQ(vectors_in(all.out).size(), 3U);
  EXPECT_EQ(vectors_in(all.out)[0].size(), 16U);
  EXPECT_EQ(sh("regard embed decoder --batch-size 1 texts").out, all.out);
}

TEST_F(Embed, RefusesWhatItDoesNotKnow) {
  write("sentence/modules.json", R"([{"path": "2_LSTM", "type": "sentence_transformers.models.LSTM"}])");
  expect_error(sh("regard embed sentence lines"), 3, "[0].type");
  write("sentence/modules.json", R"([{"path": "../x", "type": "sentence_transformers.models.Pooling"}])");
  expect_error(sh("regard embed sentence lines"), 3, "path");
  expect_error(sh("regard embed $GOLDEN/tied lines"), 3, "expected a text encoder");
}

// From pairs of texts to vectors, and how good they are.
TEST_F(Embed, IsTrainedAndEvaluated) {
  write("pairs.tsv", "the dog\tthe dogs\na man\tthe man\na horse\tthe horse\nruns\trides\n");
  write("scored.jsonl", R"({"text": "the dog", "text_pair": "the dogs", "score": 5}
{"text": "a man", "text_pair": "the man", "score": 4}
{"text": "a man", "text_pair": "runs", "score": 1})");
  const Result trained =
      sh("regard train feature-extraction --init plain --train pairs.tsv --valid pairs.tsv --output trained "
         "--set max_steps=2 --set pooling=cls --set loss=multiple_negatives_ranking");
  ASSERT_EQ(trained.exit, 0) << trained.err;
  const auto vectors = vectors_in(sh("regard embed trained lines").out);
  ASSERT_EQ(vectors.size(), 5U);
  const Json found = Json::parse(sh("regard evaluate trained pairs.tsv --json --confidence").out);
  EXPECT_EQ(found["task"], "feature-extraction");
  EXPECT_EQ(found["segments"], 4);
  EXPECT_EQ(found["metrics"]["recall@10"]["score"], 100);
  EXPECT_TRUE(found["metrics"]["mrr@10"].contains("confidence"));
  const Result scored = sh("regard evaluate plain scored.jsonl");
  EXPECT_EQ(scored.exit, 0) << scored.err;
  EXPECT_EQ(scored.out.rfind("pearson ", 0), 0U) << scored.out;
  EXPECT_EQ(sh("regard train feature-extraction --init plain --train scored.jsonl --output scored --set "
               "max_steps=1 --set validation_split=0")
                .exit,
            0);
  expect_error(sh("regard evaluate plain scored.jsonl --report"), 2, "--report");
  expect_error(sh("regard train feature-extraction --train pairs.tsv --output no --set pooling=max"), 2,
               "pooling");
  expect_error(sh("regard train feature-extraction --train missing.tsv --output no"), 3, "missing.tsv");
  expect_error(sh("regard train feature-extraction --train pairs.tsv --output no --set lora_rank=2"), 2,
               "lora_rank");
}

}  // namespace
}  // namespace regard::testing_support
