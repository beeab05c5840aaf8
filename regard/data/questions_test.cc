#include "regard/data/questions.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/base/json.h"
#include "tests/support/scratch_folder.h"

namespace regard::data {
namespace {

namespace fs = std::filesystem;

class QuestionFiles : public testing::Test {
 protected:
  Questions read(const std::string& name, const std::string& text, const QuestionFormat& format = {},
                 BadLines* bad = nullptr) const {
    write_atomically(folder_ / name, text);
    return read_questions({folder_ / name}, format, {}, bad);
  }
  void expect_bad(const std::string& name, const std::string& text, const std::string& named) const {
    try {
      read(name, text);
      FAIL() << text;
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find(named), std::string::npos) << error.what();
    }
  }

  testing_support::ScratchFolder folder_;
};

Json squad() {
  return Json::parse(
      R"({"version": "v2.0", "data": [{"title": "T", "paragraphs": [{"context": "é Paris is old.",
    "qas": [{"id": "q1", "question": "What?", "answers": [{"text": "Paris", "answer_start": 2},
                                                          {"text": "é Paris", "answer_start": 0}]},
            {"id": "q2", "question": "Who?", "is_impossible": true, "answers": [],
             "plausible_answers": [{"text": "old", "answer_start": 11}]}]}]}]})");
}

TEST_F(QuestionFiles, ReadsSquad) {
  const Questions found = read("a.json", squad().dump());
  ASSERT_EQ(found.questions.size(), 2U);
  EXPECT_EQ(found.contexts.size(), 1U);
  EXPECT_EQ(found.questions[0].id, "q1");
  ASSERT_EQ(found.questions[0].answers.size(), 2U);
  EXPECT_EQ(found.questions[0].answers[0].begin, 3U);  // bytes, where the file counts characters
  EXPECT_EQ(found.questions[1].text, "Who?");
  EXPECT_TRUE(found.questions[1].answers.empty());
}

TEST_F(QuestionFiles, NamesAnAnswerThatIsNotThere) {
  Json json = squad();
  json["data"][0]["paragraphs"][0]["qas"][0]["answers"][0]["answer_start"] = 3;
  expect_bad("a.json", json.dump(), "data[0].paragraphs[0].qas[0].answers[0].answer_start: found 3");
  BadLines bad;
  EXPECT_EQ(read("a.json", json.dump(), {.skip_bad = true}, &bad).questions.size(), 1U);
  EXPECT_EQ(bad.count, 1);
  const Questions unread =
      read("a.json", json.dump(), {.answers = QuestionFormat::Answers::unread, .columns = {}});
  EXPECT_EQ(unread.questions.size(), 2U);
  expect_bad("a.json", R"({"data": []})", "no questions");
  expect_bad("a.json", R"({"dat": []})", "data");
}

TEST_F(QuestionFiles, ReadsLines) {
  const Questions found =
      read("a.jsonl", R"({"question": "q", "context": "a b a", "answer": "a", "start": 4})"
                      "\n"
                      R"({"question": "r", "context": "a b a", "answer": "b"})"
                      "\n"
                      R"({"question": "s", "context": "c", "answer": ""})"
                      "\n"
                      R"({"question": "t", "context": "c d", "answer": ["c", "d"], "start": [0, 2]})"
                      "\n");
  ASSERT_EQ(found.questions.size(), 4U);
  EXPECT_EQ(found.contexts.size(), 3U);  // equal neighbors are kept once
  EXPECT_EQ(found.questions[0].answers[0].begin, 4U);
  EXPECT_EQ(found.questions[1].answers[0].begin, 2U);
  EXPECT_TRUE(found.questions[2].answers.empty());
  EXPECT_EQ(found.questions[3].answers[1].begin, 2U);
  EXPECT_EQ(found.context(found.questions[3]), "c d");
}

TEST_F(QuestionFiles, LinesAreNamedAndKeysChosen) {
  expect_bad("a.jsonl", "{\"question\": \"q\", \"context\": \"c\", \"answer\": \"d\"}\n", "a.jsonl: line 1");
  expect_bad("a.jsonl", "{\"context\": \"c\"}\n", "question");
  const Questions found =
      read("a.jsonl", "{\"q\": \"what\", \"context\": \"c\"}\n", {.columns = {{"question", "q"}}});
  EXPECT_EQ(found.questions[0].text, "what");
  EXPECT_THROW(read("a.txt", "x"), UsageError);
  EXPECT_TRUE(holds_questions("a.json.gz"));
  EXPECT_FALSE(holds_questions("a.tsv"));
}

}  // namespace
}  // namespace regard::data
