#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The records of TensorBoard's event files, as bytes: a TFRecord (length, its checksum, data, its checksum)
// around a protobuf message Event, of which these fields are used:
//   Event       1 wall_time double, 2 step int64, 3 file_version string, 5 summary Summary, 7 session_log
//   Summary     1 repeated Value        Value  1 tag string, 2 simple_value float
//   SessionLog  1 status (1: START)
// Sources: tensorflow/core/lib/io/record_writer.h, tensorflow/core/util/event.proto,
// .../framework/summary.proto.

namespace regard::train {

struct Scalar {
  std::string tag;  // "train/loss"
  float value = 0;

  bool operator==(const Scalar&) const = default;
};

struct Event {
  double wall_time = 0;  // seconds since 1970
  std::int64_t step = 0;
  std::string file_version = {};  // only in the first record of a file
  bool start = false;             // a run (re)started here: what a reader has of this step and later is void
  std::vector<Scalar> scalars = {};

  bool operator==(const Event&) const = default;
};

// CRC-32C (Castagnoli, reflected, 0x82F63B78), and as TFRecord stores it: rotated and shifted, so that a
// checksum of data that hold checksums stays one.
std::uint32_t crc32c(std::string_view bytes);
std::uint32_t masked_crc32c(std::string_view bytes);

// A whole record, framed.
std::string record_of(const Event& event);

// The records of a file one after the other. Ends at the end and before the first record that is cut off,
// whose checksums do not match or that is no Event: what a run that was killed may leave.
class EventRecords {
 public:
  explicit EventRecords(std::string_view bytes) : rest_(bytes) {}

  struct Record {
    std::string_view bytes;  // framed, as it stands in the file
    Event event;
  };
  std::optional<Record> next();
  bool at_end() const { return rest_.empty(); }  // no: what is left is damaged

 private:
  std::string_view rest_;
};

}  // namespace regard::train
