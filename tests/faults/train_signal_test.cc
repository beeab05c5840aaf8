#include "tests/support/small_training.h"

// SIGTERM and Ctrl-C in every phase of training: saved, said, 130; a second one ends at once and harms
// nothing. Then the run goes on to the same model as one without interruption.

namespace regard::testing_support {
namespace {

class TrainSignal : public TrainingTest {
 protected:
  // So long that a test which is late still finds it at work.
  const std::vector<std::string> longer{"--set", "max_steps=160"};

  void expect_same_as_whole(const std::string& output, const std::vector<std::string>& more = {}) {
    finish("whole", more);
    finish(output, more);
    EXPECT_FALSE(model("whole").empty());
    EXPECT_TRUE(model(output) == model("whole")) << output << ": " << said();
  }
};

TEST_F(TrainSignal, BetweenSteps) {
  for (const int signal : {SIGTERM, SIGINT}) {
    Process process({command("run", longer), folder});
    const std::int64_t begun = last_update("run");
    ASSERT_TRUE(process.wait_for([&] { return last_update("run") >= begun + 3; })) << said();
    process.send(signal);
    EXPECT_EQ(process.wait(), 130) << said();
    // Of what was reported nothing is lost.
    ASSERT_FALSE(checkpoints("run").whole.empty());
    EXPECT_EQ(checkpoints("run").whole.back(), last_update("run"));
    EXPECT_NE(said().find("--resume goes on from there"), std::string::npos) << said();
  }
  expect_same_as_whole("run", longer);
}

TEST_F(TrainSignal, InASave) {
  Process process({command("run", longer), folder});
  ASSERT_TRUE(process.wait_for([&] { return checkpoints("run").partial; })) << said();
  process.send(SIGTERM);
  EXPECT_EQ(process.wait(), 130) << said();
  ASSERT_FALSE(checkpoints("run").whole.empty());
  EXPECT_FALSE(checkpoints("run").partial);
  EXPECT_EQ(checkpoints("run").whole.back(), last_update("run"));
  expect_same_as_whole("run", longer);
}

TEST_F(TrainSignal, InValidation) {
  write("valid.tsv", pairs(5000));  // enough for the signal to come in time on any machine
  const std::vector<std::string> slow{
      "--set", "eval_steps=6",           "--set", "predict_with_generate=true",
      "--set", "generation_num_beams=2", "--set", "max_steps=6"};
  {
    Process process({command("run", slow), folder});
    // The update is reported, then the validation begins, which asks for signals from its start.
    ASSERT_TRUE(process.wait_for([&] { return last_update("run") == 6; })) << said();
    process.send(SIGTERM);
    EXPECT_EQ(process.wait(), 130) << said();
  }
  EXPECT_NE(said().find("validation"), std::string::npos) << said();
  ASSERT_FALSE(checkpoints("run").whole.empty());
  EXPECT_EQ(checkpoints("run").whole.back(), 6);
  finish("run", slow);
  EXPECT_FALSE(model("run").empty());
}

TEST_F(TrainSignal, InLearningTheVocabulary) {
  std::string text;
  RandomStream random({5});
  for (int i = 0; i < 1000; ++i) {
    std::string source;
    for (int n = 0; n < 6; ++n) {
      for (std::uint64_t k = 3 + random.below(6); k > 0; --k)
        source += static_cast<char>('a' + static_cast<char>(random.below(26)));
      source += ' ';
    }
    text += source + "\t" + source.substr(0, 20) + "\n";
  }
  write("train.tsv", text);
  const std::vector<std::string> larger{"--set", "vocab_size=300", "--set", "max_steps=1"};
  {
    Process process({command("run", larger), folder});
    ASSERT_TRUE(process.wait_for([&] {
      return said().find("learning a joint bpe vocabulary") != std::string::npos;
    })) << said();
    process.send(SIGTERM);
    EXPECT_EQ(process.wait(), 130) << said();
  }
  EXPECT_TRUE(checkpoints("run").whole.empty());
  EXPECT_FALSE(std::filesystem::exists(folder / "run/model.safetensors"));
  expect_same_as_whole("run", larger);
}

TEST_F(TrainSignal, ASecondOneEndsAtOnce) {
  for (const int second : {SIGTERM, SIGINT}) {
    const std::string output = second == SIGTERM ? "terminated" : "interrupted";
    Process process({command(output, longer), folder});
    ASSERT_TRUE(process.wait_for([&] { return checkpoints(output).partial && last_update(output) >= 8; }))
        << said();
    process.send(SIGINT);
    process.send(SIGTERM);
    EXPECT_EQ(process.wait(), 130);
    // The save it stood in is not done, or was; an older checkpoint stands.
    ASSERT_FALSE(checkpoints(output).whole.empty());
    EXPECT_GE(checkpoints(output).whole.back(), last_update(output) - save_steps);
    expect_same_as_whole(output, longer);
  }
}

}  // namespace
}  // namespace regard::testing_support
