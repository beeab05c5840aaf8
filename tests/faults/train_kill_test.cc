#include <cstdio>
#include <cstdlib>
#include <random>

#include "tests/support/small_training.h"

// kill -9 at random moments, some of them inside a save: a run always goes on, from at most one save interval
// before, and ends with the same bytes as one that nobody disturbed, whatever the number of threads before
// and after. How many kills: REGARD_KILLS, and of them inside a save REGARD_KILLS_IN_SAVE, e.g.
//   REGARD_KILLS=100 REGARD_KILLS_IN_SAVE=20 faults_test --gtest_filter='TrainKill.*'

namespace regard::testing_support {
namespace {

int count_from(const char* variable, int otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::atoi(text);
}

class TrainKill : public TrainingTest {
 protected:
  void SetUp() override {
    TrainingTest::SetUp();
    const auto begin = std::chrono::steady_clock::now();
    finish("whole", with_threads("2"));
    lifetime_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    finish("single", with_threads("1"));
  }

  // All that a run carries from update to update beside its weights.
  static std::vector<std::string> with_threads(const std::string& threads) {
    return {"--threads", threads,           "--set", "average_checkpoints=1", "--set", "ema_decay=0.9",
            "--set",     "spike_window=16", "--set", "gradient_noise=1e-4"};
  }
  enum class When { any, in_save };
  // One life of the run: started (it goes on), killed, and what it left behind looked at. Where it was
  // finished before its time there was no kill.
  enum class Death { finished, killed, killed_in_save };
  Death live_and_die(When when);
  void expect_little_lost(std::int64_t before) const;

  std::mt19937 random_{20240607};  // moments are not repeatable anyway
  double lifetime_ = 1;            // seconds that a run takes
};

// The run that goes on says from where: at most one interval before the last update that was reported.
void TrainKill::expect_little_lost(std::int64_t before) const {
  const std::string text = said();
  const auto at = text.find("going on from update ");
  if (at == std::string::npos) {
    if (text.find("training starts from the beginning") != std::string::npos) {
      EXPECT_LE(before, save_steps) << text;
    }
    return;  // killed before it came so far
  }
  const std::int64_t from = std::stoll(text.substr(at + 21));
  EXPECT_LE(before - from, save_steps) << text;
}

TrainKill::Death TrainKill::live_and_die(When when) {
  const std::int64_t before = last_update("parts");
  std::filesystem::remove(folder / "err");  // one that dies at once has not emptied it
  Process process({command("parts", with_threads(random_() % 2 == 0 ? "1" : "2")), folder});
  if (when == When::in_save) {
    process.wait_for([&] { return checkpoints("parts").partial; });
    std::this_thread::sleep_for(std::chrono::microseconds(random_() % 2000));
  } else {
    const double seconds = std::uniform_real_distribution<>(0, 0.4 * lifetime_)(random_);
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  }
  process.send(SIGKILL);
  const int code = process.wait();
  expect_little_lost(before);
  if (code == 0) return Death::finished;
  EXPECT_EQ(code, 128 + SIGKILL) << said();
  return checkpoints("parts").partial ? Death::killed_in_save : Death::killed;
}

TEST_F(TrainKill, TheSameBytesWhateverHappens) {
  ASSERT_FALSE(model("whole").empty());
  ASSERT_TRUE(model("whole") == model("single"));
  const int wanted = count_from("REGARD_KILLS", 6), wanted_in_save = count_from("REGARD_KILLS_IN_SAVE", 2);
  constexpr int kills_of_one_run = 5;
  int kills = 0, in_save = 0, runs = 0;
  while (kills < wanted || in_save < wanted_in_save) {
    std::filesystem::remove_all(folder / "parts");
    for (int i = 0; i < kills_of_one_run; ++i) {
      const bool save = in_save < wanted_in_save && i % 2 == 1;
      const Death death = live_and_die(save ? When::in_save : When::any);
      if (death == Death::finished) break;
      ++kills;
      in_save += death == Death::killed_in_save ? 1 : 0;
    }
    const std::int64_t before = last_update("parts");
    finish("parts", with_threads("2"));
    expect_little_lost(before);
    ASSERT_TRUE(model("parts") == model("whole")) << "run " << runs << ": " << said();
    ASSERT_FALSE(checkpoints("parts").partial) << "what was half written is cleared away";
    ++runs;
    ASSERT_LT(runs, 20 + wanted) << "saves are over too soon to be hit";
  }
  RecordProperty("kills", kills);
  RecordProperty("kills_in_save", in_save);
  std::printf("%d kills, %d of them inside a save, in %d runs: the same model each time\n", kills, in_save,
              runs);
}

}  // namespace
}  // namespace regard::testing_support
