#include "regard/train/event_record.h"

#include <array>
#include <bit>

namespace regard::train {
namespace {

constexpr std::array<std::uint32_t, 256> castagnoli = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1U) ^ ((value & 1U) != 0 ? 0x82F63B78U : 0U);
    table[i] = value;
  }
  return table;
}();

enum class Wire : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

void append_little(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFFU);
}

std::uint64_t little(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8U | static_cast<unsigned char>(bytes[i]);
  return value;
}

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) out += static_cast<char>((value & 0x7FU) | 0x80U);
  out += static_cast<char>(value);
}

void append_key(std::string& out, std::uint32_t field, Wire wire) {
  append_varint(out, field << 3U | static_cast<std::uint32_t>(wire));
}

void append_bytes(std::string& out, std::uint32_t field, std::string_view bytes) {
  append_key(out, field, Wire::bytes);
  append_varint(out, bytes.size());
  out += bytes;
}

std::string message_of(const Event& event) {
  std::string out;
  append_key(out, 1, Wire::fixed64);
  append_little(out, std::bit_cast<std::uint64_t>(event.wall_time), 8);
  append_key(out, 2, Wire::varint);
  append_varint(out, static_cast<std::uint64_t>(event.step));
  if (!event.file_version.empty()) append_bytes(out, 3, event.file_version);
  std::string summary;
  for (const Scalar& s : event.scalars) {
    std::string value;
    append_bytes(value, 1, s.tag);
    append_key(value, 2, Wire::fixed32);
    append_little(value, std::bit_cast<std::uint32_t>(s.value), 4);
    append_bytes(summary, 1, value);
  }
  if (!summary.empty()) append_bytes(out, 5, summary);
  if (event.start) append_bytes(out, 7, "\x08\x01");  // status = START
  return out;
}

// A field of a message; of those with a length `bytes`, of the others `number`.
struct Field {
  std::uint64_t number_of_field = 0, number = 0;
  std::string_view bytes = {};
};

class Message {
 public:
  explicit Message(std::string_view bytes) : rest_(bytes) {}

  bool next(Field& field) {
    if (rest_.empty() || bad_) return false;
    const std::uint64_t key = varint();
    field = {key >> 3U};
    switch (key & 7U) {
      case 0:
        field.number = varint();
        break;
      case 1:
        field.number = little(take(8));
        break;
      case 2:
        field.bytes = take(varint());
        break;
      case 5:
        field.number = little(take(4));
        break;
      default:
        bad_ = true;
    }
    return !bad_;
  }
  bool bad() const { return bad_; }

 private:
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte < 0x80) return value;
    }
    bad_ = true;
    return 0;
  }
  std::string_view take(std::uint64_t count) {
    if (count > rest_.size()) {
      bad_ = true;
      return {};
    }
    const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(count));
    rest_.remove_prefix(static_cast<std::size_t>(count));
    return taken;
  }
  std::string_view rest_;
  bool bad_ = false;
};

bool read_scalar(std::string_view bytes, Scalar& scalar) {
  Message message(bytes);
  for (Field f; message.next(f);) {
    if (f.number_of_field == 1) scalar.tag = f.bytes;
    if (f.number_of_field == 2) scalar.value = std::bit_cast<float>(static_cast<std::uint32_t>(f.number));
  }
  return !message.bad();
}

bool read_summary(std::string_view bytes, std::vector<Scalar>& scalars) {
  Message message(bytes);
  for (Field f; message.next(f);)
    if (f.number_of_field == 1 && !read_scalar(f.bytes, scalars.emplace_back())) return false;
  return !message.bad();
}

std::optional<Event> event_of(std::string_view bytes) {
  Event event;
  Message message(bytes);
  for (Field f; message.next(f);) {
    if (f.number_of_field == 1) event.wall_time = std::bit_cast<double>(f.number);
    if (f.number_of_field == 2) event.step = static_cast<std::int64_t>(f.number);
    if (f.number_of_field == 3) event.file_version = f.bytes;
    if (f.number_of_field == 5 && !read_summary(f.bytes, event.scalars)) return std::nullopt;
    if (f.number_of_field != 7) continue;
    Message session(f.bytes);
    for (Field s; session.next(s);) event.start = event.start || (s.number_of_field == 1 && s.number == 1);
  }
  if (message.bad()) return std::nullopt;
  return event;
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t value = 0xFFFFFFFFU;
  for (const char c : bytes)
    value = (value >> 8U) ^ castagnoli[(value ^ static_cast<unsigned char>(c)) & 0xFFU];
  return ~value;
}

std::uint32_t masked_crc32c(std::string_view bytes) { return std::rotr(crc32c(bytes), 15) + 0xA282EAD8U; }

std::string record_of(const Event& event) {
  const std::string data = message_of(event);
  std::string record;
  append_little(record, data.size(), 8);
  append_little(record, masked_crc32c(record), 4);
  record += data;
  append_little(record, masked_crc32c(data), 4);
  return record;
}

std::optional<EventRecords::Record> EventRecords::next() {
  constexpr std::size_t head = 12, foot = 4;
  if (rest_.size() < head + foot || little(rest_.substr(8, 4)) != masked_crc32c(rest_.substr(0, 8)))
    return std::nullopt;
  const std::uint64_t length = little(rest_.substr(0, 8));
  if (length > rest_.size() - head - foot) return std::nullopt;
  const auto size = static_cast<std::size_t>(length);
  const std::string_view data = rest_.substr(head, size);
  if (little(rest_.substr(head + size, foot)) != masked_crc32c(data)) return std::nullopt;
  auto event = event_of(data);
  if (!event) return std::nullopt;
  const std::string_view bytes = rest_.substr(0, head + size + foot);
  rest_.remove_prefix(bytes.size());
  return Record{bytes, std::move(*event)};
}

}  // namespace regard::train
