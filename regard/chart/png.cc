#include "regard/chart/png.h"

#include <zlib.h>

#include <array>

#include "regard/base/error.h"

namespace regard::chart {
namespace {

void append_number(std::string& out, std::uint32_t x) {
  for (unsigned shift = 32; shift > 0; shift -= 8) out += static_cast<char>(x >> (shift - 8) & 255U);
}

// A length, a name, what it holds, and the checksum of both.
void append_chunk(std::string& out, const std::string& name, const std::string& data) {
  append_number(out, static_cast<std::uint32_t>(data.size()));
  const std::string summed = name + data;
  out += summed;
  append_number(out, static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(summed.data()),
                                                      static_cast<uInt>(summed.size()))));
}

std::string deflated(const std::string& bytes) {
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  std::string out(size, '\0');
  if (compress2(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()),
                static_cast<uLong>(bytes.size()), Z_BEST_COMPRESSION) != Z_OK)
    throw Error("zlib refused to compress a picture");
  out.resize(size);
  return out;
}

}  // namespace

// What is written are indices of a palette that holds the color at each opacity that occurs.
std::string png_of_shades(std::span<const std::uint8_t> values, std::size_t columns, Rgb color) {
  const std::size_t rows = values.size() / columns;
  std::string header, palette, opacity, lines;
  append_number(header, static_cast<std::uint32_t>(columns));
  append_number(header, static_cast<std::uint32_t>(rows));
  header += std::string{8, 3, 0, 0, 0};  // bits, by a palette, deflate, filters by line, not interlaced
  std::array<bool, 256> occurs{};
  for (const std::uint8_t value : values) occurs[value] = true;
  std::array<char, 256> index{};
  for (std::size_t value = 0; value < occurs.size(); ++value) {
    if (!occurs[value]) continue;
    index[value] = static_cast<char>(opacity.size());
    for (const std::uint8_t part : {color.red, color.green, color.blue}) palette += static_cast<char>(part);
    opacity += static_cast<char>(value);
  }
  for (std::size_t r = 0; r < rows; ++r) {
    lines += '\0';  // no filter
    for (std::size_t c = 0; c < columns; ++c) lines += index[values[r * columns + c]];
  }
  std::string png = "\x89PNG\r\n\x1a\n";
  append_chunk(png, "IHDR", header);
  append_chunk(png, "PLTE", palette);
  append_chunk(png, "tRNS", opacity);
  append_chunk(png, "IDAT", deflated(lines));
  append_chunk(png, "IEND", "");
  return png;
}

}  // namespace regard::chart
