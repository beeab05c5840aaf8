#include "regard/data/parallel_text.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>

#include "regard/base/error.h"

namespace regard::data {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

class ParallelTextTest : public testing::Test {
 protected:
  ParallelTextTest() {
    folder_ = fs::path(testing::TempDir()) /
              (std::string("parallel_") + testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(folder_);
  }
  ~ParallelTextTest() override { fs::remove_all(folder_); }

  fs::path file(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }
  fs::path compressed(const std::string& name, const std::string& text) {
    const fs::path path = folder_ / name;
    gzFile out = gzopen(path.c_str(), "wb");
    gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
    gzclose(out);
    return path;
  }
  template <class E = InputError>
  std::string error(const ParallelFiles& files) {
    try {
      read_parallel(files);
    } catch (const E& e) {
      return e.what();
    }
    return "no error";
  }

  fs::path folder_;
};

TEST_F(ParallelTextTest, ReadsTwoFilesLineByLine) {
  const ParallelText text =
      read_parallel({file("a.en", "one\r\n\ntwo"), compressed("a.de.gz", "eins\nleer\nzwei\n"), {}});
  EXPECT_EQ(text.sources, (Lines{"one", "", "two"}));
  EXPECT_EQ(text.targets, (Lines{"eins", "leer", "zwei"}));
}

TEST_F(ParallelTextTest, ReadsColumnsByNumberAndName) {
  const fs::path plain = file("a.tsv", "one\teins\textra\ntwo\tzwei\t\n");
  EXPECT_EQ(read_parallel({plain, {}, {}}).targets, (Lines{"eins", "zwei"}));
  EXPECT_EQ(read_parallel({plain, {}, parse_columns("source=2,target=1", {"source", "target"})}).sources,
            (Lines{"eins", "zwei"}));
  const fs::path named = compressed("b.tsv.gz", "id\tde\ten\n1\teins\tone\n2\tzwei\ttwo\n");
  const ParallelText text = read_parallel({named, {}, {{"source", "en"}, {"target", "de"}}});
  EXPECT_EQ(text.sources, (Lines{"one", "two"}));
  EXPECT_EQ(text.targets, (Lines{"eins", "zwei"}));
}

TEST_F(ParallelTextTest, ReadsJsonLines) {
  const fs::path path =
      file("a.jsonl",
           "{\"source\": \"one\", \"target\": \"e\\u0069ns\"}\n\n{\"source\":\"a\",\"target\":\"b\"}\n");
  EXPECT_EQ(read_parallel({path, {}, {}}).targets, (Lines{"eins", "b"}));
}

TEST_F(ParallelTextTest, NamesFileAndLineOfWhatIsWrong) {
  const fs::path three = file("three.en", "1\n2\n3\n"), two = file("two.de", "1\n2\n");
  EXPECT_NE(error({three, two, {}}).find("two.de: found 2 lines, expected 3"), std::string::npos);
  EXPECT_NE(error({two, three, {}}).find("three.en: found 3 lines, expected 2"), std::string::npos);
  EXPECT_NE(error({file("bad.en",
                        "ok\nb\xFF"
                        "d\n"),
                   two,
                   {}})
                .find("bad.en: line 2"),
            std::string::npos);
  EXPECT_NE(error({file("empty.en", ""), file("empty.de", ""), {}}).find("empty.en: found an empty file"),
            std::string::npos);
  EXPECT_NE(error({file("one.tsv", "a\tb\nc\n"), {}, {}}).find("one.tsv: line 2: found 1 column"),
            std::string::npos);
  EXPECT_NE(error({file("n.tsv", "en\tde\na\tb\n"), {}, {{"source", "em"}}}).find("did you mean"),
            std::string::npos);
  EXPECT_NE(error({file("j.jsonl", "{\"source\": \"a\", \"target\": \"b\"}\n{\"source\": 1}\n"), {}, {}})
                .find("j.jsonl: line 2"),
            std::string::npos);
  EXPECT_NE(error({file("k.jsonl", "{\"source\": \"a\"}\n"), {}, {}}).find("target"), std::string::npos);
  EXPECT_NE(error({folder_ / "missing.en", two, {}}).find("missing.en"), std::string::npos);
  EXPECT_NE(error({folder_, two, {}}).find("directory"), std::string::npos);
  EXPECT_NE(error<UsageError>({three, {}, {}}).find("three.en"), std::string::npos);
}

TEST_F(ParallelTextTest, RefusesOddColumns) {
  EXPECT_THROW(parse_columns("source", {"source"}), UsageError);
  EXPECT_THROW(parse_columns("sorce=1", {"source"}), UsageError);
  EXPECT_THROW(parse_columns("source=", {"source"}), UsageError);
  EXPECT_TRUE(parse_columns("", {"source"}).empty());
}

TEST_F(ParallelTextTest, StopsWhenAsked) {
  const fs::path path = file("a.tsv", "a\tb\n");
  EXPECT_THROW(read_parallel({path, {}, {}}, [] { return true; }), Interrupted);
}

}  // namespace
}  // namespace regard::data
