#include "regard/train/event_file.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/train/run_directory.h"
#include "tests/support/scratch_folder.h"

namespace regard::train {
namespace {

namespace fs = std::filesystem;

// A reader of its own, which knows TFRecord and protobuf and nothing of event_record.cc.
class Decoder {
 public:
  explicit Decoder(std::string file) : file_(std::move(file)) {}

  bool next(Event& event) {
    if (at_ == file_.size()) return false;
    const std::string length = file_.substr(at_, 8);
    EXPECT_EQ(number(at_ + 8, 4), checksum(length)) << at_;
    const std::size_t size = number(at_, 8);
    const std::size_t begin = at_ + 12;
    EXPECT_EQ(number(begin + size, 4), checksum(file_.substr(begin, size))) << at_;
    at_ = begin;
    event = {};
    while (at_ < begin + size) field(event);
    EXPECT_EQ(at_, begin + size);
    at_ += 4;
    return true;
  }

 private:
  std::uint64_t number(std::size_t at, int bytes) const {
    std::uint64_t n = 0;
    std::memcpy(&n, file_.data() + at, static_cast<std::size_t>(bytes));
    return n;
  }
  static std::uint32_t checksum(const std::string& bytes) {
    std::uint32_t crc = ~0U;
    for (const char c : bytes)
      for (unsigned bit = 0; bit < 8; ++bit) {
        const unsigned low = (crc ^ (static_cast<unsigned char>(c) >> bit)) & 1U;
        crc = crc >> 1U ^ low * 0x82F63B78U;
      }
    crc = ~crc;
    return (crc >> 15U | crc << 17U) + 0xA282EAD8U;
  }
  std::uint64_t varint() {
    std::uint64_t n = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(file_[at_++]);
      n += static_cast<std::uint64_t>(byte % 128) << shift;
      if (byte < 128) return n;
    }
  }
  template <class T>
  T raw() {
    T value;
    std::memcpy(&value, file_.data() + at_, sizeof value);
    at_ += sizeof value;
    return value;
  }
  std::string text() {
    const std::size_t size = varint();
    at_ += size;
    return file_.substr(at_ - size, size);
  }
  void field(Event& event) {
    switch (varint()) {
      case 1 * 8 + 1:
        event.wall_time = raw<double>();
        break;
      case 2 * 8 + 0:
        event.step = static_cast<std::int64_t>(varint());
        break;
      case 3 * 8 + 2:
        event.file_version = text();
        break;
      case 5 * 8 + 2:
        for (const std::size_t end = varint() + at_; at_ < end;) {
          ASSERT_EQ(varint(), 1U * 8 + 2);
          varint();
          Scalar s;
          ASSERT_EQ(varint(), 1U * 8 + 2);
          s.tag = text();
          ASSERT_EQ(varint(), 2U * 8 + 5);
          s.value = raw<float>();
          event.scalars.push_back(s);
        }
        break;
      case 7 * 8 + 2:
        event.start = text() == "\x08\x01";
        break;
      default:
        FAIL() << "a field that is not known, before byte " << at_;
    }
  }
  std::string file_;
  std::size_t at_ = 0;
};

class EventFiles : public testing::Test {
 protected:
  std::vector<Event> events() const {
    std::vector<Event> all;
    for (const fs::path& path : event_files(folder_)) {
      Decoder decoder(read_text(path));
      for (Event e; decoder.next(e);) all.push_back(e);
    }
    return all;
  }
  // "version", "start STEP", "STEP TAG=VALUE ..."
  std::vector<std::string> texts() const {
    std::vector<std::string> list;
    for (const Event& e : events()) {
      std::string text = e.file_version.empty() ? std::to_string(e.step) : "version";
      if (e.start) text = "start " + text;
      for (const Scalar& s : e.scalars) text += " " + s.tag + "=" + std::to_string(std::lround(s.value));
      list.push_back(text);
    }
    return list;
  }
  testing_support::ScratchFolder folder_;
};

using Texts = std::vector<std::string>;

TEST_F(EventFiles, HoldTheNumbersOfTheLog) {
  RunDirectory run(folder_, RunDirectory::Begin::fresh);
  run.report({{"step", 10}, {"loss", 2.5}, {"learning_rate", 1e-3}, {"grad_norm", 0.25}, {"note", "text"}});
  run.report({{"step", 11}, {"skipped", "the loss is not finite"}});
  run.report({{"step", 12}, {"eval_loss", 1.5}, {"eval_bleu", 30}});
  const auto files = event_files(folder_);
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].filename().string().rfind("events.out.tfevents.", 0), 0U);
  const auto found = events();
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].file_version, "brain.Event:2");
  EXPECT_GT(found[0].wall_time, 1.6e9);
  EXPECT_EQ(found[1].step, 10);
  EXPECT_EQ(found[1].scalars,
            (std::vector<Scalar>{
                {"train/grad_norm", 0.25F}, {"train/learning_rate", 1e-3F}, {"train/loss", 2.5F}}));
  EXPECT_EQ(found[2].step, 12);
  EXPECT_EQ(found[2].scalars, (std::vector<Scalar>{{"eval/bleu", 30}, {"eval/loss", 1.5F}}));
}

TEST_F(EventFiles, RepeatNothingWhenARunGoesOn) {
  {
    RunDirectory run(folder_, RunDirectory::Begin::fresh);
    for (const int step : {10, 20, 30}) run.report({{"step", step}, {"loss", step}});
    run.report({{"step", 20}, {"eval_loss", 7}});
  }
  // As the loop does after a checkpoint at 20, made before the validation there.
  const auto keep = [](const Json& line) { return line["step"] <= 20 && !line.contains("eval_loss"); };
  {
    RunDirectory run(folder_, RunDirectory::Begin::resume);
    run.cut_log(keep);
    EXPECT_EQ(texts(), (Texts{"version", "10 train/loss=10", "20 train/loss=20"}));
    run.report({{"step", 20}, {"eval_loss", 8}});
    run.report({{"step", 30}, {"loss", 31}});
  }
  EXPECT_EQ(texts(), (Texts{"version", "10 train/loss=10", "20 train/loss=20", "version", "start 21",
                            "20 eval/loss=8", "30 train/loss=31"}));
  const auto files = event_files(folder_);
  ASSERT_EQ(files.size(), 2U);
  // Nothing to cut: not a byte of what is there changes.
  const std::string before = read_text(files[1]);
  RunDirectory run(folder_, RunDirectory::Begin::resume);
  run.cut_log([](const Json&) { return true; });
  EXPECT_EQ(event_files(folder_), files);
  EXPECT_EQ(read_text(files[1]), before);
  // Nothing is kept: the run begins anew.
  run.cut_log([](const Json&) { return false; });
  EXPECT_TRUE(event_files(folder_).empty());
}

TEST_F(EventFiles, LoseWhatWasLeftHalfWritten) {
  {
    RunDirectory run(folder_, RunDirectory::Begin::fresh);
    run.report({{"step", 1}, {"loss", 1}});
    run.report({{"step", 2}, {"loss", 2}});
  }
  const fs::path file = event_files(folder_).at(0);
  fs::resize_file(file, fs::file_size(file) - 3);
  RunDirectory run(folder_, RunDirectory::Begin::resume);
  run.cut_log([](const Json&) { return true; });
  EXPECT_EQ(texts(), (Texts{"version", "1 train/loss=1"}));
}

TEST_F(EventFiles, SayWhatCannotBeWritten) {
  EventFile file(folder_ / "missing");
  EXPECT_THROW(file.add({{"step", 1}, {"loss", 1}}), Error);
}

}  // namespace
}  // namespace regard::train
