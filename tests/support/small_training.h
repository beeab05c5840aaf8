#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "regard/base/file.h"
#include "regard/base/json.h"
#include "regard/base/random.h"
#include "tests/support/process.h"
#include "tests/support/program.h"

namespace regard::testing_support {

// A training run by the program that takes a second or two: words are to be said in reverse order.
class TrainingTest : public ProgramTest {
 protected:
  static constexpr std::int64_t save_steps = 4, max_steps = 32;

  void SetUp() override {
    ProgramTest::SetUp();
    write("train.tsv", pairs(300));
    write("valid.tsv", pairs(20));
  }

  static std::string pairs(int count) {
    RandomStream random({12});
    const std::vector<std::string> words{"red", "blue", "green", "one", "two", "three", "cat", "dog"};
    std::string text;
    for (int i = 0; i < count; ++i) {
      std::string source, target;
      for (std::uint64_t n = 1 + random.below(5); n > 0; --n) {
        const std::string& word = words[random.below(words.size())];
        source += (source.empty() ? "" : " ") + word;
        target = word + (target.empty() ? "" : " ") + target;
      }
      text += source + "\t" + target + "\n";
    }
    return text;
  }

  // The run's command line into folder/`output`; it begins, or goes on.
  std::vector<std::string> command(const std::string& output,
                                   const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{REGARD_PROGRAM_FILE, "train",     "translation", "--train", "train.tsv",
                                   "--valid",           "valid.tsv", "--output",    output,    "--resume"};
    for (const std::string setting :
         {"d_model=32", "encoder_layers=1", "decoder_layers=1", "encoder_attention_heads=2",
          "decoder_attention_heads=2", "encoder_ffn_dim=64", "decoder_ffn_dim=64", "dropout=0.1",
          "vocab_size=60", "batch_tokens=256", "warmup_steps=20", "learning_rate=1e-2", "max_steps=32",
          "eval_steps=16", "save_steps=4", "logging_steps=1", "average_checkpoints=2",
          "predict_with_generate=false"}) {
      words.emplace_back("--set");
      words.push_back(setting);
    }
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  // The same as a line of shell.
  std::string line(const std::string& output, const std::string& more = "") const {
    std::string text;
    for (const std::string& word : command(output)) text += "'" + word + "' ";
    return text + more;
  }
  Process start(const std::string& output, const std::vector<std::string>& more = {}) const {
    return Process({command(output, more), folder});
  }
  // To the end, without disturbance.
  void finish(const std::string& output, const std::vector<std::string>& more = {}) const {
    Process process({command(output, more), folder});
    EXPECT_EQ(process.wait(), 0) << read_all(folder / "err");
  }

  std::string model(const std::string& output) const {
    return read_all(folder / output / "model.safetensors");
  }
  std::string said() const { return read_all(folder / "err"); }

  // The last update in log.jsonl; 0 where there is none.
  std::int64_t last_update(const std::string& output) const {
    std::istringstream lines(read_all(folder / output / "log.jsonl"));
    std::int64_t last = 0;
    for (std::string text; std::getline(lines, text);)
      if (const Json json = Json::parse(text, nullptr, false); json.is_object())
        last = std::max(last, json.value("step", std::int64_t{0}));
    return last;
  }
  // Updates of the checkpoints there are; half written ones apart.
  struct Checkpoints {
    std::vector<std::int64_t> whole;
    bool partial = false;
  };
  Checkpoints checkpoints(const std::string& output) const {
    Checkpoints found;
    std::error_code error;
    for (std::filesystem::directory_iterator it(folder / output / "checkpoints", error), end;
         !error && it != end; it.increment(error)) {
      const std::string name = it->path().filename().string();
      if (name.ends_with(".partial"))
        found.partial = true;
      else if (name.starts_with("step-"))
        found.whole.push_back(std::stoll(name.substr(5)));
    }
    std::sort(found.whole.begin(), found.whole.end());
    return found;
  }
};

}  // namespace regard::testing_support
