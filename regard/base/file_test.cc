#include "regard/base/file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

#include "regard/base/error.h"

namespace regard {
namespace {

namespace fs = std::filesystem;

// A folder of its own for each test, removed afterwards.
class File : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "regard-file-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder = name;
  }
  void TearDown() override { fs::remove_all(folder); }

  fs::path put(const std::string& name, const std::string& text) const {
    std::ofstream(folder / name, std::ios::binary) << text;
    return folder / name;
  }
  fs::path put_compressed(const std::string& name, const std::string& text) const {
    gzFile out = ::gzopen((folder / name).c_str(), "wb");
    ::gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
    ::gzclose(out);
    return folder / name;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder)) found.push_back(entry.path().filename());
    return found;
  }
  fs::path folder;
};

template <class E, class F>
std::string message_of(F&& body) {
  try {
    body();
  } catch (const E& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

TEST_F(File, MapsWholeFilesAndEmptyOnes) {
  const MappedFile mapped(put("a", "hello"));
  ASSERT_EQ(mapped.size(), 5u);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(mapped.bytes().data()), 5), "hello");
  EXPECT_EQ(MappedFile(put("b", "")).size(), 0u);
}

TEST_F(File, MovingAMappingKeepsItsBytes) {
  MappedFile first(put("a", "one"));
  MappedFile second = std::move(first);
  EXPECT_EQ(second.size(), 3u);
  EXPECT_EQ(first.size(), 0u);  // NOLINT: what is left behind is specified to be empty
  MappedFile third(put("b", "three"));
  third = std::move(second);
  EXPECT_EQ(static_cast<char>(third.bytes()[0]), 'o');
}

TEST_F(File, RefusesWhatIsNoRegularFile) {
  ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
  EXPECT_NE(message_of<InputError>([&] { MappedFile m(folder / "fifo"); }).find("a FIFO"), std::string::npos);
  EXPECT_NE(message_of<InputError>([&] { MappedFile m(folder); }).find("a directory"), std::string::npos);
  EXPECT_NE(message_of<InputError>([&] { MappedFile m("/dev/zero"); }).find("/dev/zero: found a device"),
            std::string::npos);
  EXPECT_NE(message_of<InputError>([&] { read_text(folder / "none"); }).find("No such file"),
            std::string::npos);
  EXPECT_NE(message_of<InputError>([&] { LineReader r(folder); }).find("a directory"), std::string::npos);
}

TEST_F(File, ReadTextChecksTheSize) {
  const fs::path path = put("a", std::string("x\0y", 3));
  EXPECT_EQ(read_text(path, 3).size(), 3u);
  EXPECT_NE(message_of<InputError>([&] { read_text(path, 2); }).find("found 3 bytes, expected at most 2"),
            std::string::npos);
}

TEST_F(File, LinesEndInAllTheUsualWays) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(read_lines(put("a", "")), Lines{});
  EXPECT_EQ(read_lines(put("b", "\n")), Lines{""});
  EXPECT_EQ(read_lines(put("c", "one\ntwo")), (Lines{"one", "two"}));
  EXPECT_EQ(read_lines(put("d", "\xEF\xBB\xBFone\r\n\r\nthree\r\n")), (Lines{"one", "", "three"}));
  EXPECT_EQ(read_lines(put("e", "a\rb\n")), Lines{"a\rb"});
}

TEST_F(File, LinesCrossTheBuffer) {
  std::string text;
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < 40; ++i) {
    expected.emplace_back(i * 9973 % 50000, static_cast<char>('a' + i % 26));
    text += expected.back() + "\n";
  }
  EXPECT_EQ(read_lines(put("a", text)), expected);
  EXPECT_EQ(read_lines(put_compressed("a.gz", text)), expected);
}

TEST_F(File, TellsNameNumberAndSize) {
  LineReader reader(put("a", "one\ntwo\n"));
  EXPECT_EQ(reader.size(), 8u);
  reader.next();
  reader.next();
  EXPECT_EQ(reader.number(), 2u);
  EXPECT_EQ(reader.bytes_read(), 8u);
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.number(), 2u);
}

TEST_F(File, AnEndlessLineIsRefused) {
  LineReader reader("/dev/zero", 1 << 20);
  EXPECT_NE(message_of<InputError>([&] { reader.next(); }).find("line 1: longer than 1048576 bytes"),
            std::string::npos);
}

TEST_F(File, DamagedCompressedFilesAreRefused) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += std::to_string(i * 7919) + "\n";
  const fs::path whole = put_compressed("whole.gz", text);
  const std::string bytes = read_text(whole);
  for (const std::size_t kept :
       {std::size_t{1}, std::size_t{9}, std::size_t{20}, bytes.size() / 2, bytes.size() - 1}) {
    EXPECT_THROW(read_lines(put("cut.gz", bytes.substr(0, kept))), InputError) << kept;
  }
  std::string flipped = bytes;
  flipped[bytes.size() / 2] = static_cast<char>(flipped[bytes.size() / 2] ^ 0x40);
  EXPECT_THROW(read_lines(put("flipped.gz", flipped)), InputError);
  EXPECT_NE(
      message_of<InputError>([&] { read_lines(put("plain.gz", "plain text\n")); }).find("not in gzip form"),
      std::string::npos);
}

TEST_F(File, WritesAndReplaces) {
  const fs::path path = folder / "a";
  write_atomically(path, "first");
  write_atomically(path, "second");
  EXPECT_EQ(read_text(path), "second");
  EXPECT_EQ(names().size(), 1u);
}

TEST_F(File, WhatIsNotCommittedLeavesNoTrace) {
  const fs::path path = put("a", "old");
  {
    AtomicFile file(path);
    file.append(std::string(3 << 20, 'x'));
  }
  EXPECT_EQ(read_text(path), "old");
  EXPECT_EQ(names().size(), 1u);
}

TEST_F(File, LinksAreFollowedAndDevicesKept) {
  const fs::path path = put("a", "old");
  fs::create_symlink(path, folder / "link");
  write_atomically(folder / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(read_text(path), "new");
  fs::create_symlink("/dev/null", folder / "sink");
  write_atomically(folder / "sink", "gone");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(File, RefusedWritesNameFileAndReason) {
  EXPECT_NE(message_of<Error>([&] { write_atomically(folder / "no" / "a", "x"); }).find("No such file"),
            std::string::npos);
  EXPECT_NE(message_of<Error>([&] { write_atomically(folder, "x"); }).find("it is a directory"),
            std::string::npos);
  if (fs::exists("/dev/full")) {
    EXPECT_NE(message_of<Error>([&] {
                write_atomically("/dev/full", "x");
              }).find("/dev/full: cannot be written: No space"),
              std::string::npos);
  }
}

TEST_F(File, ATooLargeFileLeavesTheOldOne) {
  const fs::path path = put("a", "old");
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit small = before;
  small.rlim_cur = 100000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string message = message_of<Error>([&] { write_atomically(path, std::string(4 << 20, 'x')); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_NE(message.find("File too large"), std::string::npos) << message;
  EXPECT_EQ(read_text(path), "old");
  EXPECT_EQ(names().size(), 1u);
}

}  // namespace
}  // namespace regard
