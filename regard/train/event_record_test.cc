#include "regard/train/event_record.h"

#include <gtest/gtest.h>

namespace regard::train {
namespace {

TEST(EventRecord, ChecksumsAreThoseOfTheStandard) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);              // the check value of CRC-32/ISCSI
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);    // RFC 3720, B.4
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43U);  // likewise
  EXPECT_EQ(crc32c(""), 0U);
  EXPECT_EQ(masked_crc32c(""), 0xA282EAD8U);
}

// Byte for byte as the protobuf encoding has it: keys 09, 10, 1a, 2a, 3a; within a Value 0a and 15.
TEST(EventRecord, IsProtobufInATfRecord) {
  const std::string version = record_of({.wall_time = 1.0, .file_version = "brain.Event:2"});
  const std::string data(
      "\x09\0\0\0\0\0\0\xF0\x3F\x10\0\x1A\x0D"
      "brain.Event:2",
      26);
  ASSERT_EQ(version.size(), 8 + 4 + data.size() + 4);
  EXPECT_EQ(version.substr(0, 8), std::string("\x1A\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(version.substr(12, data.size()), data);

  const std::string scalar = record_of({.wall_time = 0, .step = 300, .scalars = {{"a", 1.5F}}});
  EXPECT_EQ(scalar.substr(12, scalar.size() - 16),
            std::string("\x09\0\0\0\0\0\0\0\0\x10\xAC\x02\x2A\x0A\x0A\x08\x0A\x01"
                        "a\x15\0\0\xC0\x3F",
                        24));
  const std::string start = record_of({.wall_time = 0, .step = 7, .start = true});
  EXPECT_EQ(start.substr(12, start.size() - 16),
            std::string("\x09\0\0\0\0\0\0\0\0\x10\x07\x3A\x02\x08\x01", 15));
}

TEST(EventRecord, IsReadAsItWasWritten) {
  const Event events[]{{.wall_time = 1.7e9, .file_version = "brain.Event:2"},
                       {.wall_time = 1.7e9, .step = 1 << 20, .start = true},
                       {.wall_time = 1.8e9, .step = 12, .scalars = {{"train/loss", 2.5F}, {"x", -1e30F}}}};
  std::string file;
  for (const Event& e : events) file += record_of(e);
  EventRecords records(file);
  std::size_t bytes = 0;
  for (const Event& e : events) {
    const auto record = records.next();
    ASSERT_TRUE(record);
    EXPECT_EQ(record->event, e);
    bytes += record->bytes.size();
  }
  EXPECT_FALSE(records.next());
  EXPECT_TRUE(records.at_end());
  EXPECT_EQ(bytes, file.size());
}

TEST(EventRecord, EndsBeforeWhatIsDamaged) {
  const std::string first = record_of({.wall_time = 1, .step = 1, .scalars = {{"a", 1}}});
  const std::string file = first + record_of({.wall_time = 1, .step = 2, .scalars = {{"a", 2}}});
  const auto count = [](std::string_view bytes) {
    EventRecords records(bytes);
    int n = 0;
    while (records.next()) ++n;
    return n;
  };
  EXPECT_EQ(count(file), 2);
  for (std::size_t i = first.size(); i < file.size(); ++i) {
    EXPECT_EQ(count(std::string_view(file).substr(0, i)), 1) << i;
    std::string damaged = file;
    damaged[i] = static_cast<char>(damaged[i] ^ 4);
    EXPECT_EQ(count(damaged), 1) << i;
  }
}

}  // namespace
}  // namespace regard::train
