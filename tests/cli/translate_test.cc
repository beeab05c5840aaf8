#include <cmath>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include "tests/support/program.h"
#include "tests/support/small_model.h"

// The options of `regard translate`, with a model that translates badly but always alike.

namespace regard::testing_support {
namespace {

class Translate : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_small_model(folder / "model");
    std::string lines;
    for (const std::string& line : small_sentences()) lines += line + "\n";
    write("lines", lines + "\n");
  }

  // What the program writes for it; it must end well.
  std::string out(const std::string& options, const std::string& input = "lines") const {
    const Result result = sh("regard translate model --quiet " + options + " < " + input);
    EXPECT_EQ(result.exit, 0) << options << ": " << result.err;
    return result.out;
  }
  std::vector<Json> json(const std::string& options, const std::string& input = "lines") const {
    std::vector<Json> all;
    for (const std::string& line : split(out("--json " + options, input), '\n'))
      all.push_back(Json::parse(line));
    return all;
  }
  void expect_usage_error(const std::string& options, const std::string& named) const {
    expect_error(sh("echo a man | regard translate model " + options), 2, named);
  }

  // Without what stands behind the last separator, if that is nothing.
  static std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    std::istringstream stream(text);
    for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
    return parts;
  }
  static std::size_t count(const std::string& text, const std::string& what) {
    std::size_t times = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size()))
      ++times;
    return times;
  }
};

TEST_F(Translate, NbestGivesNumberedLinesBestFirst) {
  const auto lines = split(out("--nbest 3"), '\n');
  const auto expected = json("--beam 3");
  ASSERT_EQ(lines.size(), 3 * (expected.size() - 1) + 1);  // of the empty line there is one
  const std::regex form(R"((\d+) \|\|\| (.*) \|\|\| (\S+))");
  double before = 0;
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    std::smatch parts;
    ASSERT_TRUE(std::regex_match(lines[i], parts, form)) << lines[i];
    EXPECT_EQ(parts[1], std::to_string(i / 3));
    const double score = std::stod(parts[3]);
    if (i % 3 == 0)
      EXPECT_EQ(parts[2], expected[i / 3]["text"]);
    else
      EXPECT_LE(score, before);
    before = score;
  }
  EXPECT_EQ(lines.back(), "6 |||  ||| 0");
  EXPECT_EQ(json("--nbest 3")[0]["alternatives"].size(), 2U);
  EXPECT_EQ(json("--nbest 1")[0]["alternatives"].size(), 0U);
  EXPECT_EQ(json("--nbest 2 --beam 4")[0]["alternatives"].size(), 1U);
  expect_usage_error("--nbest 3 --beam 2", "num_beams");
  expect_usage_error("--nbest 0", "--nbest");
  expect_usage_error("--nbest x", "--nbest");
}

TEST_F(Translate, ScoresAndQualityAreColumns) {
  const auto plain = split(out(""), '\n');
  const auto columns = split(out("--scores --quality"), '\n');
  const auto expected = json("");
  ASSERT_EQ(columns.size(), plain.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto cells = split(columns[i] + "\t", '\t');
    ASSERT_EQ(cells.size(), 3U) << columns[i];
    EXPECT_NEAR(std::stod(cells[0]), expected[i]["score"].get<double>(), 1e-4);
    EXPECT_NEAR(std::stod(cells[1]), expected[i]["quality"].get<double>(), 1e-4);
    EXPECT_EQ(cells[2], plain[i]);
    EXPECT_LE(expected[i]["quality"], 0.0);
  }
  EXPECT_EQ(split(split(out("--scores"), '\n')[0], '\t').size(), 2U);
  EXPECT_EQ(split(split(out("--quality"), '\n')[0], '\t').size(), 2U);
  EXPECT_NE(out("--nbest 1 --quality").find(" ||| "), std::string::npos);
}

TEST_F(Translate, AlignmentIsPharaohsByWordsOrTokens) {
  const auto words = split(out("--alignment"), '\n');
  const auto expected = json("--alignment");
  const std::regex form(R"(((\d+-\d+)( \d+-\d+)*)?)");
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto cells = split(words[i] + "\t", '\t');
    ASSERT_EQ(cells.size(), 2U) << words[i];
    ASSERT_TRUE(std::regex_match(cells[1], form)) << cells[1];
    const auto target = split(cells[0], ' ');
    for (const std::string& link : split(cells[1], ' ')) {
      const std::size_t source = std::stoul(link), at = std::stoul(link.substr(link.find('-') + 1));
      EXPECT_LT(source, 6U);
      EXPECT_LT(at, target.size());
    }
    EXPECT_EQ(expected[i]["alignment"].size(), expected[i]["tokens"].size());
    EXPECT_EQ(expected[i].contains("source_tokens"), i + 1 < words.size());
  }
  EXPECT_NE(words[0].find('-'), std::string::npos);
  const auto by_tokens = split(out("--alignment --alignment-by tokens"), '\n');
  EXPECT_EQ(count(by_tokens[0], "-"), expected[0]["tokens"].size());
  EXPECT_EQ(json("--alignment --alignment-by words")[0]["alignment"].size(),
            split(split(words[0], '\t')[1], ' ').size());
  // The layer and its heads can be chosen; of two the last is usual.
  EXPECT_EQ(out("--alignment --alignment-layer 1"), out("--alignment"));
  EXPECT_NE(out("--alignment --alignment-by tokens --alignment-layer 0 --alignment-heads 0,2"),
            out("--alignment --alignment-by tokens"));
  EXPECT_EQ(split(out("--nbest 2 --alignment"), '\n')[0].find("0 ||| "), 0U);
  EXPECT_TRUE(json("--nbest 2 --alignment")[0]["alternatives"][0]["alignment"].is_array());
  expect_usage_error("--alignment --alignment-layer 2", "layer 2");
  expect_usage_error("--alignment --alignment-layer=-1", "--alignment-layer");
  expect_usage_error("--alignment --alignment-heads 4", "head 4");
  expect_usage_error("--alignment --alignment-heads 0,x", "--alignment-heads");
  expect_usage_error("--alignment --alignment-by letters", "--alignment-by");
  expect_usage_error("--alignment-by words", "--alignment");
  expect_usage_error("--alignment-layer 0", "--alignment");
  EXPECT_TRUE(json("--attention --alignment")[0].contains("attention"));
}

TEST_F(Translate, ResultsBeginWithAPrefix) {
  for (const char* options : {"--prefix 'der hund' --beam 1", "--prefix 'der hund' --beam 3"})
    for (const std::string& line : split(out(options), '\n'))
      EXPECT_TRUE(line.empty() || line.rfind("der hund", 0) == 0) << line;
  EXPECT_EQ(out("--prefix ''"), out(""));
  write("columns", "two children\tzwei\na man\t\nthe dog\tder\n");
  const auto lines = split(out("--columns source=1,prefix=2", "columns"), '\n');
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].rfind("zwei", 0), 0U);
  EXPECT_EQ(lines[2].rfind("der", 0), 0U);
  EXPECT_EQ(lines[1] + "\n", sh("echo a man | regard translate model").out);
  write("named", "start\tenglish\tid\nzwei\ttwo children\t1\n");
  EXPECT_EQ(split(out("--columns source=english,prefix=start", "named"), '\n'),
            (std::vector<std::string>{lines[0]}));
  EXPECT_EQ(out("--columns source=1", "columns"), sh("cut -f1 columns | regard translate model").out);
  expect_usage_error("--prefix 'der hund' --columns source=1,prefix=2", "--prefix");
  expect_usage_error("--prefix 'der hund rennt' --max-length 4", "prefix");
  expect_usage_error("--columns prefix=2", "source");
  expect_usage_error("--columns source=0", "column 0");
  expect_usage_error("--columns soruce=1", "did you mean 'source'?");
  expect_error(sh("echo a | regard translate model --columns source=1,prefix=2"), 3, "line 1");
  expect_error(sh("regard translate model --columns source=englisch named"), 3, "did you mean 'english'?");
  expect_error(sh("regard translate model --columns source=1,prefix=2 --max-length 3 columns"), 3, "prefix");
}

TEST_F(Translate, UnknownTokensBecomeSourceWords) {
  // The first token is made to be the unknown one.
  const std::string forced = "--beam 1 --config '{\"forced_bos_token_id\": 1}' ";
  ASSERT_EQ(Json::parse(read_all(folder / "model/vocab.json"))["<unk>"], 1);
  write("one", "horse\n");
  const std::string without = out(forced, "one");
  EXPECT_EQ(without.find("horse"), std::string::npos);
  const Result result = sh("regard translate model --replace-unknown " + forced + "one");
  EXPECT_EQ(result.out.rfind("horse", 0), 0U) << result.out;
  EXPECT_NE(result.err.find("1 unknown tokens were replaced"), std::string::npos) << result.err;
  EXPECT_NE(result.out.find(without.substr(0, without.size() - 1)), std::string::npos) << result.out;
  EXPECT_EQ(out("--replace-unknown"), out(""));  // there are none
}

TEST_F(Translate, PlaceholdersComeOutVerbatimAndOnce) {
  write("kept",
        "the {name} runs over https://example.org/a?b=c, %s and <b>green</b> grass\n"
        "{name}\n"
        "a man\n"
        "jo@example.org rides {0} {1} {0}\n");
  const std::vector<std::map<std::string, std::size_t>> expected{
      {{"{name}", 1}, {"https://example.org/a?b=c", 1}, {"%s", 1}, {"<b>", 1}, {"</b>", 1}},
      {{"{name}", 1}},
      {},
      {{"jo@example.org", 1}, {"{0}", 2}, {"{1}", 1}}};
  for (const char* options : {"", "--beam 1", "--sample --seed 3", "--nbest 3"}) {
    const auto all = json(std::string("--keep-placeholders --alignment ") + options, "kept");
    ASSERT_EQ(all.size(), expected.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      std::vector<std::string> texts{all[i]["text"]};
      for (const Json& a : all[i]["alternatives"]) texts.push_back(a["text"]);
      for (const std::string& text : texts)
        for (const auto& [part, times] : expected[i])
          EXPECT_EQ(count(text, part), times) << part << ": " << text;
    }
  }
  const Result result = sh("regard translate model --keep-placeholders kept");
  EXPECT_NE(result.err.find("kept"), std::string::npos) << result.err;
  EXPECT_EQ(split(result.out, '\n')[2] + "\n", sh("echo a man | regard translate model").out);
}

TEST_F(Translate, PatternsSayWhatIsKept) {
  write("codes", "the dog AB-12 runs over ZZ-9\n");
  const std::string text = out("--keep '[A-Z]+-\\d+'", "codes");
  EXPECT_EQ(count(text, "AB-12"), 1U) << text;
  EXPECT_EQ(count(text, "ZZ-9"), 1U) << text;
  const std::string both = out("--keep 'AB-12' --keep ZZ-9 --keep-placeholders", "codes");
  EXPECT_EQ(count(both, "AB-12"), 1U);
  EXPECT_EQ(count(both, "ZZ-9"), 1U);
  expect_usage_error("--keep '(a'", "(a");
  write("slow", std::string(3000, 'a') + "b\n");
  expect_error(sh("regard translate model --keep '(a+)+$' slow"), 3, "(a+)+$");
}

TEST_F(Translate, SamplesAreTheSameForTheSameSeedAndLine) {
  const std::string options = "--sample --temperature 1.5 --max-length 12 ";
  const std::string first = out(options + "--seed 7");
  EXPECT_EQ(out(options + "--seed 7 --threads 3 --batch-size 1"), first);
  EXPECT_NE(out(options + "--seed 8"), first);
  EXPECT_EQ(out(options + "--seed 7", "<(tac lines) | tac"), first);
  EXPECT_EQ(sh("sed -n 3p lines | regard translate model " + options + "--seed 7").out,
            split(first, '\n')[2] + "\n");
  const auto several = split(out(options + "--seed 7 --nbest 4"), '\n');
  EXPECT_EQ(several.size(), 4U * 6 + 1);
  EXPECT_EQ(several[0].find("0 ||| " + split(first, '\n')[0] + " ||| "), 0U) << several[0];
  // With one token to choose from it is greedy search.
  for (const char* only : {"--top-k 1", "--top-p 0", "--min-p 1", "--temperature 0.00001"})
    EXPECT_EQ(out(std::string("--sample ") + only), out("--beam 1")) << only;
  EXPECT_EQ(out("--config '{\"do_sample\": true, \"num_beams\": 1, \"top_k\": 1}'"), out("--beam 1"));
  for (const char* alone : {"--temperature 0.5", "--top-k 5", "--top-p 0.5", "--min-p 0.5", "--seed 4"})
    expect_usage_error(alone, "--sample");
  for (const char* bad : {"--temperature 0", "--temperature nan", "--top-k -1", "--top-p 1.5", "--min-p -0.1",
                          "--seed -1", "--seed x"})
    expect_usage_error(std::string("--sample ") + bad,
                       std::string(bad).substr(0, std::string(bad).find(' ')));
  expect_usage_error("--sample --beam 2", "num_beams");
}

TEST_F(Translate, ScoresFollowLengthAndPenalties) {
  struct Case {
    const char* options;
    double power, word;
    bool gnmt;
  };
  for (const Case& c : {Case{"--length-penalty 0.6", 0.6, 0, false}, Case{"--length-penalty 0", 0, 0, false},
                        Case{"--length-normalization gnmt --length-penalty 0.8", 0.8, 0, true},
                        Case{"--word-penalty 0.25", 1, 0.25, false},
                        Case{"--word-penalty -0.5 --length-penalty 0.5", 0.5, -0.5, false}})
    for (const Json& one : json(std::string("--beam 3 ") + c.options)) {
      if (one["tokens"].empty()) continue;
      const auto n = one["tokens"].size();
      const double length = static_cast<double>(n), log_p = one["quality"].get<double>() * length;
      const double expected =
          (log_p - c.word * length) / std::pow(c.gnmt ? (5 + length) / 6 : length, c.power);
      EXPECT_NEAR(one["score"].get<double>(), expected, 1e-4) << c.options;
    }
  const auto without = json("--beam 3"), with = json("--beam 3 --coverage-penalty 0.5");
  for (std::size_t i = 0; i < with.size(); ++i)
    EXPECT_LE(with[i]["score"].get<double>(), without[i]["score"].get<double>() + 1e-6);
  EXPECT_LT(with[0]["score"], without[0]["score"]);
  for (const char* bad : {"--length-penalty nan", "--length-penalty x", "--word-penalty inf",
                          "--coverage-penalty -1", "--length-normalization marian"})
    expect_usage_error(bad, std::string(bad).substr(0, std::string(bad).find(' ')));
}

TEST_F(Translate, SentencesAreTranslatedByThemselvesAndLongLinesInPieces) {
  write("two", "a man rides. The dog runs over green grass!\n");
  write("apart", "a man rides.\nThe dog runs over green grass!\n");
  const auto apart = split(out("", "apart"), '\n');
  EXPECT_EQ(out("--split-sentences", "two"), apart[0] + " " + apart[1] + "\n");
  EXPECT_NE(out("", "two"), apart[0] + " " + apart[1] + "\n");
  EXPECT_EQ(out("--split-sentences", "apart"), out("", "apart"));
  const Result result = sh("regard translate model --split-sentences two");
  EXPECT_NE(result.err.find("1 of 1 lines were translated in 2 pieces"), std::string::npos) << result.err;
  // The parts of a result are those of its pieces.
  const Json one = json("--split-sentences --alignment", "two")[0];
  EXPECT_EQ(one["alignment"].size(), one["tokens"].size());
  const auto pieces = json("", "apart");
  EXPECT_EQ(one["tokens"].size(), pieces[0]["tokens"].size() + pieces[1]["tokens"].size());
  EXPECT_EQ(json("--split-sentences --attention", "two")[0]["attention"][0][0].size(), one["tokens"].size());
  EXPECT_EQ(split(out("--split-sentences --nbest 3", "two"), '\n').size(), 3U);
  // A line that is too long is cut at its sentences, and they at words.
  write("long",
        "a man rides. " + std::string("The dog runs over green grass and over snow in the grass ") +
            "and over more green snow than two men and a horse can ride over in two days of green grass.\n");
  const Result cut = sh("regard translate model long");
  EXPECT_EQ(cut.exit, 0);
  EXPECT_NE(cut.err.find("1 of 1 lines were longer than the model's 48 positions"), std::string::npos)
      << cut.err;
  EXPECT_NE(cut.err.find("pieces"), std::string::npos) << cut.err;
  EXPECT_EQ(cut.out.rfind(apart[0] + " ", 0), 0U) << cut.out;
}

TEST_F(Translate, AnswersComeBeforeTheNextQuestion) {
  const Result result = sh(
      "mkfifo in out; regard translate model < in > out & exec 3> in 4< out\n"
      "for n in 1 2 3; do\n"
      "  sed -n ${n}p lines >&3; read -t 60 -r answer <&4 || exit 9; echo \"$answer\"\n"
      "done\n"
      "head -n 4 lines >&3; for n in 1 2 3 4; do read -t 60 -r answer <&4 || exit 9; echo \"$answer\"; done\n"
      "exec 3>&-; wait");
  ASSERT_EQ(result.exit, 0) << result.err;
  const auto all = split(out(""), '\n');
  const auto answers = split(result.out, '\n');
  ASSERT_EQ(answers.size(), 7U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(answers[i], all[i]);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(answers[3 + i], all[i]);
}

}  // namespace
}  // namespace regard::testing_support
