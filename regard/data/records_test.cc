#include "regard/data/records.h"

#include <gtest/gtest.h>

#include <fstream>

#include "regard/base/error.h"
#include "tests/support/scratch_folder.h"

namespace regard::data {
namespace {

namespace fs = std::filesystem;

class Records : public testing::Test {
 protected:
  // The fields of all records as "text|label|pair".
  std::vector<std::string> read(const std::string& name, const std::string& content,
                                const std::string& columns = "") {
    std::ofstream(folder_ / name, std::ios::binary) << content;
    RecordFormat format{.required = {"text", "label"}, .optional = {"text_pair"}};
    format.encoding = encoding_;
    format.skip_bad = skip_bad_;
    set_columns(format, columns);
    std::vector<std::string> lines;
    for (const Record& record : read_records({folder_ / name}, format, {}, &bad_)) {
      std::string& line = lines.emplace_back();
      for (const auto& field : record.fields)
        line += (&field == &record.fields[0] ? "" : "|") + field.value_or("-");
    }
    return lines;
  }
  std::string refused(const std::string& name, const std::string& content, const std::string& columns = "") {
    try {
      read(name, content, columns);
    } catch (const Error& error) {
      const std::string text = error.what();
      return text.substr(text.rfind('/') == std::string::npos ? 0 : text.rfind('/') + 1);
    }
    return "";
  }

  testing_support::ScratchFolder folder_;
  TextEncoding encoding_ = TextEncoding::utf8;
  bool skip_bad_ = false;
  BadLines bad_;
};

using Strings = std::vector<std::string>;

TEST_F(Records, TabsWithoutNamesAreTextAndLabel) {
  EXPECT_EQ(read("a.tsv", "good film\t1\nbad film\t0\n"), (Strings{"good film|1|-", "bad film|0|-"}));
}

TEST_F(Records, AFirstLineOfNamesNamesTheColumns) {
  EXPECT_EQ(read("a.tsv", "label\ttext\n1\tgood\n"), (Strings{"good|1|-"}));
  EXPECT_EQ(read("b.tsv", "label\ttext_pair\ttext\n1\tfilm\tgood\n"), (Strings{"good|1|film"}));
  EXPECT_EQ(read("c.csv", "text,category\nhow?,card\n", "label=category"), (Strings{"how?|card|-"}));
}

TEST_F(Records, ColumnsByNumberReadTheFirstLineToo) {
  EXPECT_EQ(read("a.tsv", "1\tx\tgood\n", "text=3,label=1"), (Strings{"good|1|-"}));
}

TEST_F(Records, QuotesOfCsvMayHoldCommasQuotesAndLineBreaks) {
  EXPECT_EQ(read("a.csv", "text,label\n\"a, \"\"b\"\"\",x\n\"two\nlines\",y\nplain,z\n"),
            (Strings{"a, \"b\"|x|-", "two\nlines|y|-", "plain|z|-"}));
}

TEST_F(Records, JsonTakesTextNumbersAndLists) {
  EXPECT_EQ(read("a.jsonl",
                 "{\"text\": \"a\", \"label\": 1}\n{\"text\": \"b\", \"label\": [\"x\", \"y\"], "
                 "\"text_pair\": \"c\"}\n"),
            (Strings{"a|1|-", "b|x\x1Fy|c"}));
}

TEST_F(Records, PatternsTakeLinesApart) {
  EXPECT_EQ(read("trec.txt", "DESC:manner How did it go ?\n", "label:_ text"),
            (Strings{"How did it go ?|DESC|-"}));
}

TEST_F(Records, LatinOneBecomesUtf8) {
  encoding_ = TextEncoding::latin1;
  EXPECT_EQ(read("a.tsv", "caf\xE9\t1\n"), (Strings{"caf\xC3\xA9|1|-"}));
  EXPECT_EQ(text_encoding("latin-1"), TextEncoding::latin1);
  EXPECT_THROW(text_encoding("utf-16"), UsageError);
}

TEST_F(Records, WhatIsWrongIsSaidWithItsPlace) {
  EXPECT_EQ(refused("a.tsv", "good\t1\nbad\n"), "a.tsv: line 2: found 1 column, expected at least 2");
  EXPECT_NE(refused("a.csv", "text,kind\nx,y\n", "label=category").find("no column \"category\""),
            std::string::npos);
  EXPECT_EQ(refused("a.jsonl", "{\"text\": \"a\"}\n").find("a.jsonl: line 1"), 0U);
  EXPECT_NE(refused("a.jsonl", "{\"text\": \"a\"}\n").find("label"), std::string::npos);
  EXPECT_NE(refused("a.jsonl", "{\"text\": {}, \"label\": 1}\n").find("expected text"), std::string::npos);
  EXPECT_NE(refused("a.tsv", "caf\xE9\t1\n").find("latin-1"), std::string::npos);
  EXPECT_NE(refused("a.tsv", "").find("empty"), std::string::npos);
  EXPECT_NE(refused("a.csv", "text,label\n\"open,1\n").find("quote"), std::string::npos);
  EXPECT_NE(refused("a.txt", "x\n").find("expected a .tsv"), std::string::npos);
  EXPECT_NE(refused("a.txt", "x y\n", "label:text").find("no \":\""), std::string::npos);
  EXPECT_NE(refused("a.txt", "x y\n", "labels text").find("label"), std::string::npos);
  EXPECT_NE(refused("a.txt", "x y\n", "_ text").find("no label"), std::string::npos);
}

TEST_F(Records, BadLinesCanBeSkippedAndAreCounted) {
  skip_bad_ = true;
  EXPECT_EQ(read("a.tsv", "good\t1\nbad\nfine\t0\n"), (Strings{"good|1|-", "fine|0|-"}));
  EXPECT_EQ(bad_.count, 1);
  EXPECT_NE(bad_.first.find("line 2"), std::string::npos);
}

}  // namespace
}  // namespace regard::data
