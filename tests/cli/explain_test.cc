#include <cmath>
#include <iomanip>
#include <sstream>

#include "regard/base/json.h"
#include "regard/tensor/safetensors.h"
#include "tests/support/program.h"
#include "tests/support/small_causal_model.h"
#include "tests/support/small_encoder.h"
#include "tests/support/small_model.h"

namespace regard::testing_support {
namespace {

class Explain : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_small_encoder(folder / "classifier", "BertForSequenceClassification");
  }
  Json json(const std::string& line) const {
    const Result result = sh(line + " --json");
    EXPECT_EQ(result.exit, 0) << line << ": " << result.err;
    return Json::parse(result.out);
  }
  static std::string fmt_percent(double p) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(2) << 100 * p << " %";
    return text.str();
  }
  static double sum(const Json& scores) {
    double all = 0;
    for (const Json& side : scores)
      for (const Json& x : side) all += x.get<double>();
    return all;
  }
};

TEST_F(Explain, SaysWhyALabelAndWhetherThatIsTrue) {
  const Json made =
      json("regard explain classifier 'a man rides the horse' --faithfulness --steps 20 --top 2");
  EXPECT_EQ(made["task"], "text-classification");
  ASSERT_EQ(made["answers"].size(), 1U);
  const Json& answer = made["answers"][0];
  EXPECT_EQ(answer["candidates"].size(), 2U);
  EXPECT_EQ(answer["candidates"][0]["text"], answer["text"]);
  EXPECT_EQ(answer["score"], answer["candidates"][0]["score"]);
  EXPECT_EQ(answer["lens"].size(), 2U);
  EXPECT_NEAR(answer["lens"][1]["score"].get<double>(), answer["score"].get<double>(), 1e-6);
  ASSERT_EQ(answer["attributions"].size(), 1U);
  const Json& a = answer["attributions"][0];
  EXPECT_EQ(a["method"], "integrated-gradients");
  EXPECT_EQ(a["scores"][0].size(), made["sides"][0]["tokens"].size());
  EXPECT_NEAR(sum(a["scores"]) - a["completeness_error"].get<double>(),
              a["value"].get<double>() - a["baseline_value"].get<double>(), 1e-6);
  EXPECT_LT(std::fabs(a["completeness_error"].get<double>()), 1e-3);
  EXPECT_EQ(a["faithfulness"]["deletion"].size(), a["faithfulness"]["fractions"].size());
  EXPECT_EQ(answer["importance"].size(), 2U);
  // The contrast is the difference of two logits.
  const Json against = json("regard explain classifier 'a man' --target LABEL_0 --contrast LABEL_1");
  const Json back = json("regard explain classifier 'a man' --target LABEL_1 --contrast LABEL_0");
  EXPECT_NEAR(against["answers"][0]["value"].get<double>(), -back["answers"][0]["value"].get<double>(), 1e-6);
  const Json log_p = json("regard explain classifier 'a man' --measure log-probability");
  EXPECT_NEAR(std::exp(log_p["answers"][0]["value"].get<double>()),
              log_p["answers"][0]["score"].get<double>(), 1e-6);
}

TEST_F(Explain, EveryMethodScoresEveryToken) {
  const Json made = json(
      "regard explain classifier 'a man rides' --method occlusion --method gradient-x-input "
      "--method smooth-gradient --method attention-gradient --method integrated-gradients --attention");
  ASSERT_EQ(made["answers"][0]["attributions"].size(), 5U);
  for (const Json& a : made["answers"][0]["attributions"])
    EXPECT_EQ(a["scores"][0].size(), 5U) << a["method"];
  ASSERT_EQ(made["attention"].size(), 2U);
  for (const Json& layer : made["attention"]) {
    ASSERT_EQ(layer["weights"].size(), 2U);
    for (const Json& row : layer["weights"][0]) {
      double all = 0;
      for (const Json& w : row) all += w.get<double>();
      EXPECT_NEAR(all, 1, 0.02);
    }
  }
  EXPECT_EQ(made["rollout"]["encoder"].size(), 5U);
}

TEST_F(Explain, TextModelsOfAllKinds) {
  make_small_encoder(folder / "tagger", "BertForTokenClassification");
  make_small_encoder(folder / "answerer", "BertForQuestionAnswering");
  make_small_encoder(folder / "filler", "BertForMaskedLM");
  make_small_encoder(folder / "bare", "BertModel");
  const Json tag = json("regard explain tagger 'a man' --target LABEL_1");
  EXPECT_EQ(tag["task"], "token-classification");
  EXPECT_EQ(tag["answers"][0]["text"], "LABEL_1");
  EXPECT_NE(tag["answers"][0]["about"], "");
  const Json answer = json("regard explain answerer 'who runs\tthe dog runs' --target 'the dog'");
  EXPECT_EQ(answer["answers"][0]["text"], "the dog");
  const Json mask = json("regard explain filler 'a [MASK] rides' --target dog --contrast horse");
  EXPECT_EQ(mask["answers"][0]["text"], "dog");
  EXPECT_EQ(mask["answers"][0]["contrast"], "horse");
  EXPECT_EQ(json("regard explain bare 'a man'")["answers"].size(), 0U);
  expect_error(sh("regard explain answerer 'no tab'"), 3, "tab");
  expect_error(sh("regard explain answerer 'who\tthe dog' --target horse"), 2, "horse");
  expect_error(sh("regard explain filler 'a man rides'"), 3, "[MASK]");
  expect_error(sh("regard explain classifier 'a man' --target LABEL_9"), 2, "LABEL_9");
}

TEST_F(Explain, WritersTokenByToken) {
  make_small_causal_model(folder / "writer");
  make_small_model(folder / "translator");
  const Json next = json("regard explain writer 'one two' --written 3");
  EXPECT_EQ(next["task"], "text-generation");
  EXPECT_LE(next["answers"].size(), 3U);
  EXPECT_EQ(next["answers"][0]["attributions"][0]["method"], "gradient-x-input");
  const Json target = json("regard explain writer 'ab' --target cd");
  ASSERT_EQ(target["answers"].size(), 2U);
  EXPECT_EQ(target["answers"][0]["text"], "c");
  EXPECT_EQ(target["sides"][0]["tokens"].size(), 3U);
  const Json contrast = json("regard explain writer 'ab' --target cd --contrast ce");
  ASSERT_EQ(contrast["answers"].size(), 1U);
  EXPECT_EQ(contrast["answers"][0]["text"], "d");
  EXPECT_EQ(contrast["answers"][0]["contrast"], "e");
  const Json translation = json("regard explain translator 'a man rides a brown horse'");
  EXPECT_EQ(translation["sides"].size(), 2U);
  EXPECT_EQ(translation["answers"].size(), translation["sides"][1]["tokens"].size());
  EXPECT_EQ(translation["result"].get<std::string>() + "\n",
            sh("echo 'a man rides a brown horse' | regard translate translator").out);
  const Json forced = json("regard explain translator 'a man' --target 'ein mann'");
  EXPECT_EQ(forced["result"], "ein mann");
  EXPECT_EQ(sh("regard explain translator 'a man' --target 'ein mann'").exit, 0);
  EXPECT_EQ(sh("regard explain classifier 'a man'").exit, 0);
}

TEST_F(Explain, ReadsAndChangesWhatIsInside) {
  const Result list = sh("regard explain classifier --probes");
  EXPECT_NE(list.out.find("encoder.block.1.attention.weights"), std::string::npos) << list.out;
  const Json read = json(
      "regard explain classifier 'a man rides' --read 'encoder.block.1.attention.weights:heads=1:rows=0-2'");
  ASSERT_EQ(read["values"].size(), 1U);
  EXPECT_EQ(read["values"][0].size(), 3U);
  EXPECT_EQ(read["values"][0][0].size(), 5U);
  ASSERT_EQ(sh("regard explain classifier 'a man' --read '*.attention.heads' --output v.safetensors").exit,
            0);
  EXPECT_EQ(SafetensorsFile(folder / "v.safetensors").tensors().size(), 2U);
  const Json changed = json(
      "regard explain classifier 'a man' --ablate 'encoder.block.*.attention.heads:heads=0' "
      "--set 'encoder.block.1.input:rows=0=1' --scale 'encoder.block.0.feed_forward.output=3'");
  EXPECT_NE(changed["answers"][0]["changed"]["value"], changed["answers"][0]["value"]);
  const Json same = json("regard explain classifier 'a man' --scale 'encoder.block.0.input=1'");
  EXPECT_EQ(same["answers"][0]["changed"]["value"], same["answers"][0]["value"]);
  expect_error(sh("regard explain classifier 'a man' --read encoder.blok.0.input"), 2, "did you mean");
  expect_error(sh("regard explain classifier 'a man' --read encoder.block.0.input:heads=1"), 2, "heads");
  expect_error(sh("regard explain classifier 'a man' --ablate 'encoder.block.0.input:rows=77'"), 2, "77");
}

TEST_F(Explain, SummarizesHeadsOverAFile) {
  write("texts", "a man rides the horse\n\nthe dog runs\n");
  const Result table = sh("regard explain classifier --file texts");
  EXPECT_EQ(table.exit, 0) << table.err;
  EXPECT_EQ(std::count(table.out.begin(), table.out.end(), '\n'), 5);
  std::istringstream lines(sh("regard explain classifier --file texts --json").out);
  int heads = 0;
  for (std::string line; std::getline(lines, line); ++heads) {
    const Json head = Json::parse(line);
    EXPECT_EQ(head["texts"], 2);
    EXPECT_LE(head["special"].get<double>(), 1.0 + 1e-6);
    EXPECT_GE(head["entropy"].get<double>(), 0);
  }
  EXPECT_EQ(heads, 4);
}

TEST_F(Explain, WrongUsesAreNamed) {
  expect_error(sh("regard explain classifier"), 2, "TEXT");
  expect_error(sh("regard explain classifier 'a' --file x"), 2, "--file");
  expect_error(sh("regard explain classifier --file x --json --neurons '*'"), 2, "--neurons");
  expect_error(sh("regard explain classifier 'a' --probes"), 2, "--probes");
  expect_error(sh("regard explain classifier 'a' --output x"), 2, "--read");
  expect_error(sh("regard explain classifier 'a' --method gradients"), 2, "integrated-gradients");
  expect_error(sh("regard explain classifier 'a' --set x"), 2, "NAME");
  expect_error(sh("regard explain classifier 'a' --contrast LABEL_0 --target LABEL_0"), 2, "contrast");
  expect_error(sh("regard explain nowhere 'a'"), 3, "nowhere");
  expect_error(sh("regard explain classifier --file nowhere"), 3, "nowhere");
}

// What stands in a text is text in the page too, and what the page shows are the numbers of the JSON.
TEST_F(Explain, WritesAPage) {
  const std::string text = "'a </script><script>document.title=1</script> <img src=x onerror=alert(1)> man'";
  const Result made = sh("regard explain classifier " + text + " --html page.html --faithfulness");
  ASSERT_EQ(made.exit, 0) << made.err;
  EXPECT_EQ(made.out, "");
  const std::string html = read_all(folder / "page.html");
  EXPECT_EQ(html.find("<img"), std::string::npos);
  EXPECT_EQ(html.find("</script><script>d"), std::string::npos);
  const std::string mark = "id=\"data\">";
  const auto begin = html.find(mark) + mark.size();
  const Json example = Json::parse(html.substr(begin, html.find("</script>", begin) - begin))[0];
  const Json json = this->json("regard explain classifier " + text);
  EXPECT_EQ(example["text"], json["text"]);
  EXPECT_NEAR(example["answers"][0]["score"].get<double>(), json["answers"][0]["score"].get<double>(), 1e-6);
  if (std::system("command -v chromium > /dev/null 2>&1") != 0) GTEST_SKIP() << "chromium is not installed";
  const Result shown = sh(
      "timeout 60 chromium --headless --no-sandbox --disable-gpu --user-data-dir=\"$PWD/browser\" --dump-dom "
      "\"file://$PWD/page.html#layer=1&head=0&row=0\" 2> /dev/null");
  const double score = json["answers"][0]["score"].get<double>();
  EXPECT_NE(shown.out.find(fmt_percent(score)), std::string::npos) << fmt_percent(score);
  EXPECT_NE(shown.out.find("Layer 2, head 1: each row looks at the columns"), std::string::npos);
  EXPECT_NE(shown.out.find("What [CLS] looks at:"), std::string::npos);
  EXPECT_NE(shown.out.find("<title>classifier explained</title>"), std::string::npos);
}

TEST_F(Explain, ShowsTextsAndModelsBesideEachOther) {
  make_small_causal_model(folder / "writer");
  const Result made = sh("regard explain classifier 'a man' --text 'a dog' --beside writer --html page.html");
  ASSERT_EQ(made.exit, 0) << made.err;
  const std::string html = read_all(folder / "page.html");
  const std::string mark = "id=\"data\">";
  const auto begin = html.find(mark) + mark.size();
  const Json examples = Json::parse(html.substr(begin, html.find("</script>", begin) - begin));
  ASSERT_EQ(examples.size(), 4U);
  EXPECT_EQ(examples[1]["text"], "a dog");
  EXPECT_EQ(examples[2]["name"], "writer");
  EXPECT_EQ(examples[3]["text"], "a dog");
  // What the parts of the writer add is its logit.
  const Json direct = examples[2]["answers"][0]["direct"];
  const Json logit = json("regard explain writer 'a man' --measure logit");
  double sum = direct["embedding"].get<double>() + direct["rest"].get<double>();
  for (const Json& block : direct["blocks"]) {
    sum += block["attention"].get<double>() + block["feed_forward"].get<double>();
    EXPECT_EQ(block["heads"].size(), 4U);
  }
  EXPECT_NEAR(sum, logit["answers"][0]["value"].get<double>(), 1e-3);
  expect_error(sh("regard explain classifier 'a man' --text 'a dog'"), 2, "--html");
}

TEST_F(Explain, ShowsQueriesAndKeysOfChosenHeads) {
  const std::string run = "regard explain classifier 'a man rides' ";
  const Json made = json(run + "--attention --neurons 'encoder.block.1.attention:heads=1' --neurons '*.0.*'");
  ASSERT_EQ(made["neurons"].size(), 3U);
  const Json& head = made["neurons"][2];
  EXPECT_EQ(head["part"], "encoder");
  EXPECT_EQ(head["layer"], 1);
  EXPECT_EQ(head["head"], 1);
  EXPECT_NEAR(head["scale"].get<double>(), 0.5, 1e-6);  // 1 / sqrt(4)
  ASSERT_EQ(head["queries"].size(), 5U);
  ASSERT_EQ(head["keys"][0].size(), 4U);
  for (std::size_t t = 0; t < 5; ++t)
    for (std::size_t s = 0; s < 5; ++s) {
      double product = 0;
      for (std::size_t d = 0; d < 4; ++d)
        product += head["queries"][t][d].get<double>() * head["keys"][s][d].get<double>();
      EXPECT_NEAR(head["products"][t][s].get<double>(), 0.5 * product, 1e-5);
      EXPECT_NEAR(head["scores"][t][s].get<double>(), 0.5 * product, 1e-5);
      EXPECT_NEAR(head["weights"][t][s].get<double>(), made["attention"][1]["weights"][1][t][s].get<double>(),
                  0.003);
    }
  ASSERT_EQ(sh(run + "--html page.html --neurons 'encoder.block.1.attention:heads=1'").exit, 0);
  EXPECT_NE(read_all(folder / "page.html").find("\"log_sums\""), std::string::npos);
  expect_error(sh(run + "--neurons 'encoder.block.1.attention'"), 2, "--html");
  expect_error(sh(run + "--json --neurons 'encoder.block.1.attention:heads=7'"), 2, "found 7");
  expect_error(sh(run + "--json --neurons 'encoder.block.1.attention:rows=7'"), 2, "rows");
  expect_error(sh(run + "--json --neurons 'encoder.blok.1.attention'"), 2, "did you mean");
}

TEST_F(Explain, DrawsAPicture) {
  const Result drawn = sh("regard explain classifier 'a <man>' --svg picture.svg");
  EXPECT_EQ(drawn.exit, 0) << drawn.err;
  const std::string svg = read_all(folder / "picture.svg");
  EXPECT_EQ(svg.rfind("<svg", 0), 0U);
  EXPECT_NE(svg.find("LABEL_"), std::string::npos);

  const std::string run = "regard explain classifier 'a man rides' --svg picture.svg --svg-attention ";
  const auto count = [&](const std::string& part) {
    const std::string text = read_all(folder / "picture.svg");
    std::size_t n = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
    return n;
  };
  EXPECT_EQ(sh(run + "'encoder.block.1.attention:heads=0'").exit, 0);
  EXPECT_EQ(count("encoder.block.1.attention, head 0"), 2U);  // as title and to be read
  EXPECT_EQ(count("rides</text>"), 2U);                       // of its row and its column
  EXPECT_EQ(count("<rect class=\"plus\""), 25U);
  EXPECT_EQ(sh(run + "'encoder.block.1.attention:heads=0:rows=1-2'").exit, 0);
  EXPECT_EQ(count("<rect class=\"plus\""), 10U);
  EXPECT_EQ(sh(run + "'encoder.*'").exit, 0);
  EXPECT_EQ(count("<image "), 4U);
  expect_error(sh(run + "'encoder.block.1.attention:heads=2'"), 2, "found 2");
  expect_error(sh(run + "'decoder.block.1.attention'"), 2, "did you mean");
  expect_error(sh("regard explain classifier 'a man' --svg-attention 'encoder.*'"), 2, "--svg");
}

}  // namespace
}  // namespace regard::testing_support
