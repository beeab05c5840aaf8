#include "regard/train/run_log.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "regard/base/error.h"
#include "tests/support/scratch_folder.h"

namespace regard::train {
namespace {

namespace fs = std::filesystem;

class RunLogs : public testing::Test {
 protected:
  fs::path run(const std::string& name, const std::string& log) const {
    fs::create_directories(folder_ / name);
    std::ofstream(folder_ / name / "log.jsonl") << log;
    return folder_ / name;
  }
  static void expect_refused(const fs::path& run, const std::string& named) {
    try {
      read_run_log(run);
      FAIL() << "expected an error with " << named;
    } catch (const InputError& e) {
      EXPECT_NE(std::string(e.what()).find(named), std::string::npos) << e.what();
      EXPECT_NE(std::string(e.what()).find(run.string()), std::string::npos) << e.what();
    }
  }
  testing_support::ScratchFolder folder_;
};

constexpr const char* usual =
    R"({"step":10,"loss":5.5,"nats_per_token":5,"learning_rate":1e-3,"grad_norm":2,"tokens_per_second":900}
{"step":11,"skipped":"the loss is not finite"}
{"step":20,"loss":4.5,"nats_per_token":4,"learning_rate":2e-3,"grad_norm":null,"tokens_per_second":950}
{"step":20,"eval_loss":4.2,"eval_bleu":3.5,"eval_chrf":20,"eval_seconds":1}
)";

TEST_F(RunLogs, AreReadAsCurves) {
  const RunLog log = read_run_log(run("a", usual));
  EXPECT_EQ(log.name, "a");
  ASSERT_EQ(log.curves.at("loss").size(), 2U);
  EXPECT_EQ(log.curves.at("loss")[1].x, 20);
  EXPECT_EQ(log.curves.at("loss")[1].y, 4.5);
  EXPECT_TRUE(std::isnan(log.curves.at("grad_norm")[1].y));
  EXPECT_EQ(log.curves.count("skipped"), 0U);
  EXPECT_EQ(read_run_log(folder_ / "a/log.jsonl").curves.size(), log.curves.size());
  EXPECT_EQ(read_run_log(folder_ / "a/").name, "a");
}

TEST_F(RunLogs, NamePlaceAndReasonWhereTheyAreBad) {
  expect_refused(folder_ / "nowhere", "not found");
  fs::create_directories(folder_ / "bare");
  expect_refused(folder_ / "bare", "found no log.jsonl");
  expect_refused(run("empty", ""), "is empty");
  expect_refused(run("broken", std::string(usual) + "{\"step\":30,\"lo\n"), "log.jsonl: line 5");
  expect_refused(run("list", "[1,2]\n"), "log.jsonl: line 1: found [1,2], expected an object");
  expect_refused(run("stepless", "{\"loss\":1}\n"), "step");
  expect_refused(run("negative", "{\"step\":-1}\n"), "step");
  expect_refused(run("word", "{\"step\":\"x\"}\n"), "line 1");
}

TEST_F(RunLogs, MakeTheUsualPanels) {
  const std::vector<RunLog> runs = read_run_logs({run("a", usual), run("b", usual)});
  const chart::Figure figure = training_figure(runs);
  ASSERT_EQ(figure.panels.size(), 5U);
  EXPECT_EQ(figure.panels[0].title, "Loss (nats per token)");
  ASSERT_EQ(figure.panels[0].curves.size(), 4U);
  EXPECT_EQ(figure.panels[0].curves[0].points[0].y, 5);  // unsmoothed, as the validation is
  EXPECT_EQ(figure.panels[0].curves[3].mark, chart::Mark::dots);
  EXPECT_EQ(figure.panels[0].curves[3].group, 1U);
  EXPECT_EQ(figure.panels[1].title, "Validation: BLEU");
  EXPECT_EQ(figure.panels[2].title, "Validation: chrF");
  EXPECT_EQ(figure.panels[3].title, "Learning rate");
  EXPECT_EQ(figure.groups, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(figure.title, "Training of 2 runs");
  EXPECT_TRUE(training_figure({runs[0]}).groups.empty());
}

TEST_F(RunLogs, ShowWhatIsAskedFor) {
  const std::vector<RunLog> runs = read_run_logs({run("a", usual)});
  const chart::Figure figure = training_figure(runs, {"My title", {"bleu", "tokens_per_second"}});
  EXPECT_EQ(figure.title, "My title");
  ASSERT_EQ(figure.panels.size(), 2U);
  EXPECT_EQ(figure.panels[0].title, "Validation: BLEU");
  EXPECT_EQ(figure.panels[1].title, "Tokens per second");
  try {
    training_figure(runs, {"", {"learning_rat"}});
    FAIL();
  } catch (const UsageError& e) {
    EXPECT_NE(std::string(e.what()).find("did you mean 'learning_rate'?"), std::string::npos) << e.what();
  }
}

TEST_F(RunLogs, SpansOfDecadesAreLogarithmic) {
  const auto figure_of = [&](const char* name, const std::string& log) {
    return training_figure({read_run_log(run(name, log))});
  };
  EXPECT_EQ(figure_of("a", usual).panels[0].scale, chart::Scale::linear);
  EXPECT_EQ(figure_of("b", R"({"step":1,"loss":5,"learning_rate":1e-9}
{"step":2,"loss":5000,"learning_rate":1}
)")
                .panels[0]
                .scale,
            chart::Scale::log);
}

TEST_F(RunLogs, AlikeNamesAreToldApart) {
  const auto logs = read_run_logs({run("x/model", usual), run("y/model", usual), run("z", usual)});
  EXPECT_EQ(logs[0].name, (folder_ / "x/model").string());
  EXPECT_EQ(logs[1].name, (folder_ / "y/model").string());
  EXPECT_EQ(logs[2].name, "z");
}

}  // namespace
}  // namespace regard::train
