#include <string>

#include "tests/support/program.h"

// What goes wrong with a run that is under way: damaged checkpoints, other data or settings at --resume,
// rates that diverge, two runs in one folder.

namespace regard::testing_support {
namespace {

class TrainRun : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    std::string pairs;
    const std::string words[] = {"red", "blue", "green", "one", "two", "cat"};
    for (int i = 0; i < 120; ++i) {
      const std::string a = words[i % 6], b = words[i / 6 % 6], c = words[i * 7 / 5 % 6];
      pairs += a + " " + b + " " + c + "\t" + c + " " + b + " " + a + "\n";
    }
    write("pairs.tsv", pairs);
  }
  static std::string command(const std::string& options) {
    return "regard train translation --train pairs.tsv --output run --set d_model=16 --set encoder_layers=1"
           " --set decoder_layers=1 --set encoder_attention_heads=2 --set decoder_attention_heads=2"
           " --set encoder_ffn_dim=32 --set decoder_ffn_dim=32 --set vocab_size=40 --set batch_tokens=64"
           " --set warmup_steps=4 --set save_steps=4 --set save_total_limit=3 --set logging_steps=2 " +
           options;
  }
  Result train(const std::string& options) const { return sh(command(options)); }
  bool exists(const std::string& path) const { return std::filesystem::exists(folder / path); }
  std::string bytes(const std::string& path) const { return read_all(folder / path); }
  // A run of eight updates that was not finished: its checkpoints are those of updates 4 and 8.
  void begin_run() const {
    const Result result = train("--set max_steps=8");
    ASSERT_EQ(result.exit, 0) << result.err;
  }
  void flip_bit(const std::string& path) const {
    std::string data = bytes(path);
    data[data.size() - 3] = static_cast<char>(data[data.size() - 3] ^ 4);
    write(path, data);
  }
};

TEST_F(TrainRun, AFlippedBitFallsBackToThePreviousCheckpoint) {  // FAULTS 34
  begin_run();
  ASSERT_EQ(sh("cp -r run whole").exit, 0);
  flip_bit("run/checkpoints/step-8/model.safetensors");
  const Result damaged = train("--resume --set max_steps=12");
  EXPECT_EQ(damaged.exit, 0) << damaged.err;
  EXPECT_NE(damaged.err.find("step-8/model.safetensors: damaged"), std::string::npos) << damaged.err;
  EXPECT_NE(damaged.err.find("going on from update 4"), std::string::npos) << damaged.err;
  const std::string model = bytes("run/model.safetensors");
  ASSERT_EQ(sh("rm -r run; mv whole run").exit, 0);
  ASSERT_EQ(train("--resume --set max_steps=12").exit, 0);
  EXPECT_EQ(bytes("run/model.safetensors"), model);
}

TEST_F(TrainRun, ADeletedOptimizerIsNeverReplacedByAFreshOne) {  // FAULTS 35
  begin_run();
  ASSERT_EQ(sh("rm run/checkpoints/step-8/optimizer.safetensors").exit, 0);
  const Result previous = train("--resume --set max_steps=9");
  EXPECT_EQ(previous.exit, 0) << previous.err;
  EXPECT_NE(previous.err.find("step-8/optimizer.safetensors"), std::string::npos) << previous.err;
  EXPECT_NE(previous.err.find("going on from update 4"), std::string::npos) << previous.err;
  ASSERT_EQ(sh("rm run/checkpoints/*/optimizer.safetensors").exit, 0);
  const Result none = train("--resume --set max_steps=20 --quiet");
  EXPECT_EQ(none.exit, 3) << none.err;
  EXPECT_NE(none.err.find("optimizer.safetensors"), std::string::npos) << none.err;
  EXPECT_NE(none.err.find("no other checkpoint is whole"), std::string::npos) << none.err;
}

TEST_F(TrainRun, OtherSettingsDataOrVocabularyAreRefusedByName) {  // FAULTS 36
  begin_run();
  const std::string model = bytes("run/model.safetensors");
  const auto refused = [&](const std::string& options, int exit, const std::string& named) {
    const Result result = train("--resume --quiet --set max_steps=12 " + options);
    expect_error(result, exit, named);
    EXPECT_EQ(bytes("run/model.safetensors"), model);
  };
  refused("--set learning_rate=0.5", 2, "learning_rate: found 0.5");
  refused("--set optim=lion", 2, "optim");
  refused("--set dropout=0.5", 2, "dropout");
  refused("--seed 2", 2, "seed");
  refused("--set 'param_groups=[{\"match\": \"*\"}]'", 2, "param_groups");
  ASSERT_EQ(sh("cp pairs.tsv kept; sed -i '5s/^red/blue/; 6s/^red/blue/; 7s/^red/blue/' pairs.tsv").exit, 0);
  refused("", 3, "data");
  ASSERT_EQ(sh("mv kept pairs.tsv; cp run/vocab.json kept; echo >> run/vocab.json").exit, 0);
  refused("", 3, "vocab.json");
  ASSERT_EQ(sh("rm run/vocab.json").exit, 0);
  refused("", 3, "vocab.json");
  ASSERT_EQ(sh("mv kept run/vocab.json").exit, 0);
  // What changes no update may change, and is said.
  const Result longer = train("--resume --set max_steps=12 --set logging_steps=1");
  EXPECT_EQ(longer.exit, 0) << longer.err;
  EXPECT_NE(longer.err.find("max_steps: 8 until now, 12 from here on"), std::string::npos) << longer.err;
  EXPECT_NE(longer.err.find("going on from update 8"), std::string::npos) << longer.err;
  // A finished run that is not asked for more is left alone.
  const std::string done = bytes("run/regard.json");
  EXPECT_EQ(train("--resume --set max_steps=12").exit, 0);
  EXPECT_EQ(bytes("run/regard.json"), done);
}

TEST_F(TrainRun, ARateThatDivergesEndsTheRunAndLeavesNoBadCheckpoint) {  // FAULTS 37
  const Result result = train("--set learning_rate=1e30 --set warmup_steps=0 --set max_steps=1000 --quiet");
  EXPECT_EQ(result.exit, 1);
  EXPECT_NE(result.err.find("20 updates in a row"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("learning_rate"), std::string::npos) << result.err;
  EXPECT_FALSE(exists("run/model.safetensors"));
  EXPECT_EQ(sh("ls run/checkpoints/step-* 2> /dev/null").out, "");
  const std::string log = bytes("run/log.jsonl");
  const auto skipped = log.find("\"skipped\":\"the ");  // noticed at the next update
  ASSERT_NE(skipped, std::string::npos) << log;
  EXPECT_NE(log.find("\"step\":2"), std::string::npos) << log;
}

TEST_F(TrainRun, ABatchLargerThanTheCorpus) {  // FAULTS 39
  const Result result = train("--set batch_tokens=1000000 --set max_steps=3 --set logging_steps=1");
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(bytes("run/log.jsonl").find("null"), std::string::npos);
  EXPECT_NE(bytes("run/log.jsonl").find("\"step\":3"), std::string::npos);
}

// FAULTS 32: a limit on the size of files, which as a signal would end the program, is an error like a full
// disk.
TEST_F(TrainRun, AFullDiskKeepsThePreviousCheckpoint) {
  begin_run();
  ASSERT_EQ(sh("cp -r run whole; du -b run/checkpoints/step-8/*").exit, 0);
  const Result full = sh("ulimit -f 40; " + command("--resume --set max_steps=12 --quiet"));
  expect_error(full, 1, "step-12");
  EXPECT_EQ(sh("ls run/checkpoints; diff -r whole/checkpoints/step-8 run/checkpoints/step-8").out,
            "step-4\nstep-8\n");
  EXPECT_EQ(sh("cmp run/model.safetensors whole/model.safetensors").exit, 0);
  const Result again = train("--resume --set max_steps=12");
  EXPECT_EQ(again.exit, 0) << again.err;
  EXPECT_NE(again.err.find("going on from update 8"), std::string::npos) << again.err;
  ASSERT_EQ(sh("mv run full; mv whole run").exit, 0);
  ASSERT_EQ(train("--resume --set max_steps=12").exit, 0);
  EXPECT_EQ(sh("cmp run/model.safetensors full/model.safetensors").exit, 0);
}

// FAULTS 30 and 31.
TEST_F(TrainRun, ATerminationSavesAndASecondOneEndsAtOnce) {
  std::string start = command("--set max_steps=1000000 --set save_steps=1000000 --quiet & first=$!");
  start.replace(0, std::string("regard").size(), "\"$PROGRAM\"");
  const std::string wait = "\nfor i in $(seq 600); do [ -s run/log.jsonl ] && break; sleep 0.1; done\n";
  const Result once = sh(start + wait + "kill -TERM $first; wait $first; echo $?");
  EXPECT_EQ(once.out, "130\n") << once.err;
  EXPECT_NE(once.err.find("--resume goes on"), std::string::npos) << once.err;
  const std::string saved = sh("ls run/checkpoints").out;
  EXPECT_EQ(saved.rfind("step-", 0), 0U) << saved;
  // The second may come while the first is being minded or find the program gone: 130 either way, and what
  // was saved stays whole.
  start.replace(start.find(" --quiet & "), std::string(" --quiet & ").size(), " --resume 2> second & ");
  const Result twice =
      sh(start + "\nfor i in $(seq 600); do grep -q 'going on' second && break; sleep 0.1; done\n" +
         "kill -TERM $first; kill -TERM $first; wait $first; echo $?");
  EXPECT_EQ(twice.out, "130\n") << bytes("second");
  const Result after = train("--resume --set max_steps=1 --set save_steps=1000000");
  EXPECT_EQ(after.exit, 0) << after.err;
  EXPECT_EQ(after.err.find("damaged"), std::string::npos) << after.err;
}

TEST_F(TrainRun, TwoTrainersInOneFolder) {  // FAULTS 43
  std::string first = command("--set max_steps=1000000 --quiet & first=$!");
  first.replace(0, std::string("regard").size(), "\"$PROGRAM\"");  // its number is that of the program
  const Result result =
      sh(first + "\nfor i in $(seq 600); do [ -e run/checkpoints/step-4 ] && break; sleep 0.1; done\n" +
         command("--resume --set max_steps=1000000 2> second") +
         "; echo $?\nkill -TERM $first; wait $first; echo $?\n" +
         command("--resume --set max_steps=1 --quiet") + "; echo $?");
  EXPECT_EQ(result.out, "2\n130\n0\n") << result.err;  // the lock ends with its process
  EXPECT_NE(bytes("second").find("another training run is at work"), std::string::npos) << bytes("second");
}

TEST_F(TrainRun, AGroupThatMatchesNothingLeavesTheFolderFree) {
  const std::string group =
      "--set max_steps=2 --quiet --set 'param_groups=[{\"match\": \"model.encoder.*\"}, ";
  expect_error(train(group + "{\"match\": \"modle.*\"}]'"), 2, "\"modle.*\" matches no trained parameter");
  EXPECT_EQ(train(group + "{\"match\": \"model.*\", \"learning_rate_scale\": 0}]'").exit, 0);
}

TEST_F(TrainRun, TheTimeLimitEndsWellAndTheRunGoesOn) {
  const Result first = train("--set max_steps=1000000 --time-limit 1s");
  EXPECT_EQ(first.exit, 0) << first.err;
  EXPECT_NE(first.err.find("the time is up at update"), std::string::npos) << first.err;
  EXPECT_TRUE(exists("run/model.safetensors") && exists("run/config.json"));
  EXPECT_NE(bytes("run/regard.json").find("\"finished\": false"), std::string::npos);
  const Result second = train("--resume --set max_steps=1000000 --time-limit 1s --json");
  EXPECT_EQ(second.exit, 0) << second.err;
  EXPECT_NE(second.err.find("going on from update"), std::string::npos) << second.err;
  EXPECT_NE(second.out.find("\"finished\":false"), std::string::npos) << second.out;
  expect_error(train("--time-limit 30"), 2, "expected a time such as");
}

}  // namespace
}  // namespace regard::testing_support
