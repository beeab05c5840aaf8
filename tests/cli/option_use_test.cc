#include <string>

#include "regard/base/json.h"
#include "tests/support/program.h"

// What single options do that no other test needs (options_test.cc asks for a test of each).

namespace regard::testing_support {
namespace {

using OptionUse = ProgramTest;

TEST_F(OptionUse, ColumnsAndSidesAreChosenByName) {
  const std::string train =
      "regard train translation --quiet --set max_steps=1 --set d_model=16 --set encoder_attention_heads=2 "
      "--set decoder_attention_heads=2 --set joint_vocab=false --set vocab_size=90 ";
  ASSERT_EQ(sh("regard demo --data-only --output d --unseen 5 --quiet; head -n 300 d/data/train.tsv > a.tsv; "
               "awk -F '\\t' '{ print $2 \"\\t-\\t\" $1 }' a.tsv > b.tsv")
                .exit,
            0);
  const Result plain = sh(train + "--train a.tsv --output plain");
  ASSERT_EQ(plain.exit, 0) << plain.err;
  ASSERT_EQ(sh(train + "--train b.tsv --columns source=3,target=1 --output chosen").exit, 0);
  EXPECT_EQ(read_all(folder / "plain/model.safetensors"), read_all(folder / "chosen/model.safetensors"));
  expect_error(sh(train + "--train b.tsv --columns source=4,target=1 --output no"), 3, "b.tsv");

  // Chinese numerals are known to the target's vocabulary, not to the source's.
  const Json source = Json::parse(sh("echo 四十二 | regard tokenize plain --json").out);
  const Json target = Json::parse(sh("echo 四十二 | regard tokenize plain --json --target").out);
  EXPECT_NE(source["ids"], target["ids"]);
  EXPECT_EQ(sh("echo 四十二 | regard tokenize plain --ids --target | regard detokenize plain").out,
            "四十二\n");
}

TEST_F(OptionUse, LowercaseIgnoresCase) {
  write("h", "THE CAT SAT ON THE MAT\n");
  write("r", "the cat sat on the mat\n");
  EXPECT_EQ(sh("regard score bleu --reference r h --lowercase").out.rfind("100.00 ", 0), 0U);
  EXPECT_EQ(sh("regard score bleu --reference r h").out.rfind("0.00 ", 0), 0U);
}

TEST_F(OptionUse, TensorsAreListed) {
  const std::string name = "model.encoder.layers.0.self_attn.k_proj.weight";
  EXPECT_EQ(sh("regard info $GOLDEN/tied").out.find(name), std::string::npos);
  EXPECT_NE(sh("regard info $GOLDEN/tied --tensors").out.find(name), std::string::npos);
}

}  // namespace
}  // namespace regard::testing_support
