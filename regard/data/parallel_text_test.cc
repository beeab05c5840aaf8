#include "regard/data/parallel_text.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>

#include "regard/base/error.h"
#include "tests/support/scratch_folder.h"

namespace regard::data {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

class ParallelTextTest : public testing::Test {
 protected:
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
  static ParallelFiles of(const fs::path& source, const fs::path& target = {}, const Columns& columns = {}) {
    return {{{source, target}}, columns};
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

  testing_support::ScratchFolder folder_;
};

TEST_F(ParallelTextTest, ReadsTwoFilesLineByLine) {
  const ParallelText text =
      read_parallel(of(file("a.en", "one\r\n\ntwo"), compressed("a.de.gz", "eins\nleer\nzwei\n")));
  EXPECT_EQ(text.sources, (Lines{"one", "", "two"}));
  EXPECT_EQ(text.targets, (Lines{"eins", "leer", "zwei"}));
}

TEST_F(ParallelTextTest, ReadsColumnsByNumberAndName) {
  const fs::path plain = file("a.tsv", "one\teins\textra\ntwo\tzwei\t\n");
  EXPECT_EQ(read_parallel(of(plain)).targets, (Lines{"eins", "zwei"}));
  EXPECT_EQ(read_parallel(of(plain, {}, parse_columns("source=2,target=1", {"source", "target"}))).sources,
            (Lines{"eins", "zwei"}));
  const fs::path named = compressed("b.tsv.gz", "id\tde\ten\n1\teins\tone\n2\tzwei\ttwo\n");
  const ParallelText text = read_parallel(of(named, {}, {{"source", "en"}, {"target", "de"}}));
  EXPECT_EQ(text.sources, (Lines{"one", "two"}));
  EXPECT_EQ(text.targets, (Lines{"eins", "zwei"}));
}

TEST_F(ParallelTextTest, ReadsJsonLines) {
  const fs::path path =
      file("a.jsonl",
           "{\"source\": \"one\", \"target\": \"e\\u0069ns\"}\n\n{\"source\":\"a\",\"target\":\"b\"}\n");
  EXPECT_EQ(read_parallel(of(path)).targets, (Lines{"eins", "b"}));
}

TEST_F(ParallelTextTest, NamesFileAndLineOfWhatIsWrong) {
  const fs::path three = file("three.en", "1\n2\n3\n"), two = file("two.de", "1\n2\n");
  const auto expect = [&](const ParallelFiles& files, const std::string& text) {
    EXPECT_NE(error(files).find(text), std::string::npos) << error(files);
  };
  expect(of(three, two), "two.de: found 2 lines, expected 3 as in");
  expect(of(three, two), "three.en");
  expect(of(two, three), "three.en: found 3 lines, expected 2");
  expect(of(file("bad.en", "ok\nb\xFF\n"), two), "bad.en: line 2");
  expect(of(file("empty.en", ""), file("empty.de", "")), "empty.en: found an empty file");
  expect(of(file("one.tsv", "a\tb\nc\n")), "one.tsv: line 2: found 1 column");
  expect(of(file("n.tsv", "en\tde\na\tb\n"), {}, {{"source", "em"}}), "did you mean");
  expect(of(file("j.jsonl", "{\"source\": \"a\", \"target\": \"b\"}\n{\"source\": 1}\n")), "j.jsonl: line 2");
  expect(of(file("k.jsonl", "{\"source\": \"a\"}\n")), "target");
  expect(of(folder_ / "missing.en", two), "missing.en");
  expect(of(folder_, two), "directory");
  EXPECT_NE(error<UsageError>(of(three)).find("three.en"), std::string::npos);
}

TEST_F(ParallelTextTest, ReadsFilesOfAnyKindAsOneText) {
  ParallelFiles files;
  files.files = match_files({file("a.en", "one\ntwo").string(), file("b.tsv", "three\tdrei\n").string(),
                             compressed("c.en.gz", "four\n").string(),
                             file("d.jsonl", "{\"source\": \"five\", \"target\": \"fünf\"}").string()},
                            {compressed("a.de.gz", "eins\nzwei\n").string(), file("c.de", "vier").string()},
                            {"--train", "--train-target"});
  ASSERT_EQ(files.files.size(), 4U);
  const ParallelText text = read_parallel(files);
  EXPECT_EQ(text.sources, (Lines{"one", "two", "three", "four", "five"}));
  EXPECT_EQ(text.targets, (Lines{"eins", "zwei", "drei", "vier", "fünf"}));
  std::uint64_t bytes = 0;
  for (const ParallelFile& f : files.files)
    for (const fs::path& path : {f.source, f.target}) bytes += path.empty() ? 0 : fs::file_size(path);
  ParallelReader reader(files);
  EXPECT_EQ(reader.size(), bytes);
  while (reader.next()) {
  }
  EXPECT_EQ(reader.bytes_read(), bytes);
  EXPECT_FALSE(reader.next());
}

TEST_F(ParallelTextTest, RefusesSidesOfUnequalNumbers) {
  const FileOptions names{"--train", "--train-target"};
  EXPECT_EQ(match_files({"a.tsv"}, {"b"}, names)[0].target, "b");  // as many: lines, whatever their names
  EXPECT_TRUE(match_files({}, {}, names).empty());
  for (const auto& [sources, targets] : std::vector<std::pair<Lines, Lines>>{{{"a"}, {}},
                                                                             {{"a", "b"}, {"c"}},
                                                                             {{"a"}, {"b", "c"}},
                                                                             {{}, {"b"}},
                                                                             {{"a", "b.tsv", "c"}, {"d"}}}) {
    try {
      match_files(sources, targets, names);
      ADD_FAILURE() << sources.size() << " " << targets.size();
    } catch (const UsageError& e) {
      EXPECT_NE(std::string(e.what()).find("--train-target: found"), std::string::npos) << e.what();
    }
  }
}

TEST_F(ParallelTextTest, CountsBadLinesWhereTheyAreToBeSkipped) {
  ParallelFiles files;
  files.skip_bad = true;
  files.files = {
      {file("a.en", "one\nb\xFF\nthree\n"), file("a.de", "eins\nzwei\ndrei\n")},
      {file("b.tsv", "four\tvier\nfive\n\tleer\n")},
      {file("c.jsonl", "{\"source\": \"six\", \"target\": \"sechs\"}\n{\"source\": \n{\"source\": 1}\n")}};
  const ParallelText text = read_parallel(files);
  EXPECT_EQ(text.sources, (Lines{"one", "three", "four", "", "six"}));
  EXPECT_EQ(text.targets, (Lines{"eins", "drei", "vier", "leer", "sechs"}));
  EXPECT_EQ(text.bad.count, 4);
  EXPECT_NE(text.bad.first.find("a.en: line 2"), std::string::npos) << text.bad.first;
  files.files.push_back({file("d.en", "1\n2\n"), file("d.de", "1\n")});  // that nothing can mend
  EXPECT_NE(error(files).find("d.de: found 1 lines"), std::string::npos);
}

TEST_F(ParallelTextTest, RefusesOddColumns) {
  EXPECT_THROW(parse_columns("source", {"source"}), UsageError);
  EXPECT_THROW(parse_columns("sorce=1", {"source"}), UsageError);
  EXPECT_THROW(parse_columns("source=", {"source"}), UsageError);
  EXPECT_TRUE(parse_columns("", {"source"}).empty());
}

TEST_F(ParallelTextTest, StopsWhenAsked) {
  const fs::path path = file("a.tsv", "a\tb\n");
  EXPECT_THROW(read_parallel(of(path), [] { return true; }), Interrupted);
}

}  // namespace
}  // namespace regard::data
