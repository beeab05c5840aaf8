#include "regard/tensor/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/base/json.h"

namespace regard {
namespace {

constexpr std::uint64_t kMaxHeader = 100'000'000;

struct FileType {
  std::string_view name;
  unsigned bits;
  std::optional<DType> stored;
};

// By increasing alignment, as the format lists them.
constexpr std::array<FileType, 21> kTypes = {{
    {"BOOL", 8, DType::boolean},
    {"F4", 4, {}},
    {"F6_E2M3", 6, {}},
    {"F6_E3M2", 6, {}},
    {"U8", 8, DType::u8},
    {"I8", 8, DType::i8},
    {"F8_E5M2", 8, {}},
    {"F8_E4M3", 8, {}},
    {"F8_E8M0", 8, {}},
    {"F8_E4M3FNUZ", 8, {}},
    {"F8_E5M2FNUZ", 8, {}},
    {"I16", 16, {}},
    {"U16", 16, {}},
    {"F16", 16, DType::f16},
    {"BF16", 16, DType::bf16},
    {"I32", 32, DType::i32},
    {"U32", 32, {}},
    {"F32", 32, DType::f32},
    {"C64", 64, {}},
    {"F64", 64, DType::f64},
    {"I64", 64, DType::i64},
}};

std::uint64_t header_length(std::span<const std::byte> bytes, const std::string& file) {
  if (bytes.size() < 8) {
    throw InputError(
        fmt::format("{}: found {} bytes, expected a safetensors file of at least 8", file, bytes.size()));
  }
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < 8; ++i) length |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  if (length > kMaxHeader) {
    const std::string begin(reinterpret_cast<const char*>(bytes.data()),
                            std::min<std::size_t>(bytes.size(), 20));
    throw InputError(
        fmt::format("{}: found a header length of {}, expected at most {}: not a safetensors file (it begins "
                    "with \"{}\")",
                    file, length, kMaxHeader, printable(begin)));
  }
  if (length > bytes.size() - 8) {
    throw InputError(fmt::format("{}: found {} bytes, expected {} for the header alone: the file is cut off",
                                 file, bytes.size(), length + 8));
  }
  return length;
}

TensorInfo read_info(const std::string& name, const JsonField& field) {
  if (name.find('\0') != std::string::npos)
    throw InputError(field.place() + ": found NUL in a tensor's name");
  TensorInfo info;
  info.name = name;
  info.dtype = field.at("dtype").text();
  const auto type =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const FileType& t) { return t.name == info.dtype; });
  if (type == kTypes.end())
    field.at("dtype").refuse("a type of the safetensors format (\"F32\", \"BF16\", ...)");
  info.stored = type->stored;

  // In bits, so that types of 4 and 6 bits need no case of their own.
  std::uint64_t bits = type->bits;
  bool overflow = false;
  bool empty = false;
  for (const JsonField& item : field.at("shape").items()) {
    const std::uint64_t size = item.size_or_offset();
    if (size > static_cast<std::uint64_t>(INT64_MAX)) item.refuse("a size of at most 2^63 - 1");
    info.shape.push_back(static_cast<std::int64_t>(size));
    empty = empty || size == 0;
    overflow = __builtin_mul_overflow(bits, size, &bits) || overflow;
  }
  // A product that overflows before a zero is refused as well, as the format's reference does.
  if (overflow) field.at("shape").refuse("a shape whose bytes fit in 64 bits");
  if (empty) bits = 0;
  if (bits % 8 != 0) field.at("shape").refuse("a shape of whole bytes");

  const auto offsets = field.at("data_offsets").items();
  if (offsets.size() != 2) field.at("data_offsets").refuse("two offsets");
  info.begin = offsets[0].size_or_offset();
  info.end = offsets[1].size_or_offset();
  if (info.end < info.begin) field.at("data_offsets").refuse("an end not before the begin");
  if (info.end - info.begin != bits / 8) {
    field.at("data_offsets").refuse(fmt::format("{} bytes, as type and shape say", bits / 8));
  }
  return info;
}

// Sorted by place, each tensor must begin where the one before it ends, and the last must end with the file.
void check_cover(const std::vector<TensorInfo>& tensors, std::uint64_t data_size, const std::string& file) {
  std::vector<const TensorInfo*> order;
  for (const TensorInfo& info : tensors) order.push_back(&info);
  std::sort(order.begin(), order.end(), [](const TensorInfo* a, const TensorInfo* b) {
    return std::pair(a->begin, a->end) < std::pair(b->begin, b->end);
  });
  std::uint64_t reached = 0;
  for (const TensorInfo* info : order) {
    if (info->begin != reached) {
      throw InputError(fmt::format("{}: {}: data begin at byte {}, expected {}: tensors {}", file,
                                   printable(info->name), info->begin, reached,
                                   info->begin < reached ? "overlap" : "leave a hole"));
    }
    reached = info->end;
  }
  if (reached != data_size) {
    throw InputError(
        fmt::format("{}: found {} bytes of data, expected {}: {}", file, data_size, reached,
                    data_size < reached ? "the file is cut off" : "something follows the last tensor"));
  }
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

}  // namespace

struct SafetensorsFile::Contents {
  explicit Contents(const std::filesystem::path& path) : file(path) {}
  MappedFile file;
  std::vector<TensorInfo> tensors;
  std::map<std::string, std::string> metadata;
  std::size_t data_begin = 0;
};

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) {
  auto contents = std::make_shared<Contents>(path);
  const std::string name = path.string();
  const std::span<const std::byte> bytes = contents->file.bytes();
  const std::uint64_t length = header_length(bytes, name);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + 8, length);
  if (!text.starts_with('{')) {
    throw InputError(fmt::format("{}: byte 8: expected the header to begin with {{", name));
  }
  const Json header = parse_json(text, name);
  const JsonField root(header, name);
  for (const auto& [key, value] : header.get_ref<const Json::object_t&>()) {
    if (key != "__metadata__") {
      contents->tensors.push_back(read_info(key, root.at(key)));
      continue;
    }
    const JsonField metadata = root.at(key);
    for (const std::string& entry : metadata.keys()) contents->metadata[entry] = metadata.at(entry).text();
  }
  contents->data_begin = static_cast<std::size_t>(length) + 8;
  check_cover(contents->tensors, bytes.size() - contents->data_begin, name);
  contents_ = std::move(contents);
}

SafetensorsFile::~SafetensorsFile() = default;
SafetensorsFile::SafetensorsFile(SafetensorsFile&&) noexcept = default;
SafetensorsFile& SafetensorsFile::operator=(SafetensorsFile&&) noexcept = default;

const std::filesystem::path& SafetensorsFile::path() const { return contents_->file.path(); }
const std::vector<TensorInfo>& SafetensorsFile::tensors() const { return contents_->tensors; }
const std::map<std::string, std::string>& SafetensorsFile::metadata() const { return contents_->metadata; }

const TensorInfo* SafetensorsFile::find(std::string_view name) const {
  const auto& all = contents_->tensors;  // sorted: the header's map is
  const auto found = std::lower_bound(all.begin(), all.end(), name,
                                      [](const TensorInfo& a, std::string_view b) { return a.name < b; });
  return found != all.end() && found->name == name ? &*found : nullptr;
}

Tensor SafetensorsFile::tensor(std::string_view name) const {
  const TensorInfo* info = find(name);
  if (info == nullptr)
    throw InputError(
        fmt::format("{}: expected the tensor {}, which is missing", path().string(), printable(name)));
  if (!info->stored) {
    throw InputError(
        fmt::format("{}: {}: found type {}, expected one that is computed with (F64, F32, BF16, F16, I64, "
                    "I32, I8, U8, BOOL)",
                    path().string(), printable(name), info->dtype));
  }
  if (info->shape.size() > Shape::max_rank) {
    throw InputError(fmt::format("{}: {}: found {} axes, expected at most {}", path().string(),
                                 printable(name), info->shape.size(), Shape::max_rank));
  }
  const Shape shape(info->shape);
  const std::byte* data = contents_->file.bytes().data() + contents_->data_begin + info->begin;
  const std::size_t bytes = static_cast<std::size_t>(info->end - info->begin);
  const bool aligned = reinterpret_cast<std::uintptr_t>(data) % size_of(*info->stored) == 0;
  if (bytes > 0 && aligned && *info->stored != DType::boolean) {
    return Tensor::borrow(contents_, ConstView(data, *info->stored, shape));
  }
  Tensor copy = Tensor::empty(shape, *info->stored);
  if (bytes > 0) {
    auto* into = static_cast<std::byte*>(copy.mutable_view().data);
    std::memcpy(into, data, bytes);
    if (*info->stored == DType::boolean) {
      std::transform(into, into + bytes, into,
                     [](std::byte b) { return b == std::byte{0} ? b : std::byte{1}; });
    }
  }
  return copy;
}

Tensor Weights::tensor(std::string_view name, const Shape& expected) const {
  const TensorInfo* info = find(name);
  if (info != nullptr && (info->shape.size() > Shape::max_rank || Shape(info->shape) != expected)) {
    throw InputError(fmt::format("{}: {}: found shape {}, expected {}", file_of(name).path().string(),
                                 printable(name), shape_text(info->shape), expected.to_string()));
  }
  return tensor(name);
}

void write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors,
                       const std::map<std::string, std::string>& metadata) {
  const auto type_of = [](const NamedTensor* entry) {
    return std::find_if(kTypes.begin(), kTypes.end(),
                        [&](const FileType& t) { return t.stored == entry->tensor.dtype(); });
  };
  std::vector<const NamedTensor*> order;
  for (const NamedTensor& entry : tensors) order.push_back(&entry);
  std::sort(order.begin(), order.end(), [&](const NamedTensor* a, const NamedTensor* b) {
    return type_of(a) != type_of(b) ? type_of(a) > type_of(b) : a->name < b->name;
  });
  std::map<std::string, std::string> notes = metadata;
  notes["format"] = "pt";
  std::string header = "{\"__metadata__\":" + to_line(Json(notes));
  std::map<std::string_view, bool> seen;
  std::uint64_t offset = 0;
  for (const NamedTensor* entry : order) {
    if (!entry->tensor) throw UsageError("safetensors: the tensor " + entry->name + " is absent");
    if (entry->name.empty() || entry->name == "__metadata__" || !seen.emplace(entry->name, true).second) {
      throw UsageError("safetensors: the name \"" + entry->name + "\" is empty, reserved or stands twice");
    }
    std::vector<std::int64_t> shape;
    for (int axis = 0; axis < entry->tensor.rank(); ++axis) shape.push_back(entry->tensor.size(axis));
    const std::uint64_t end = offset + entry->tensor.bytes();
    header +=
        fmt::format(",{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}",
                    to_line(Json(entry->name)), type_of(entry)->name, fmt::join(shape, ","), offset, end);
    offset = end;
  }
  header += '}';
  header.append((8 - header.size() % 8) % 8, ' ');
  if (header.size() > kMaxHeader) throw UsageError("safetensors: too many tensors for one file");

  AtomicFile file(path);
  std::array<char, 8> length{};
  for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<char>(header.size() >> (8 * i));
  file.append(std::string_view(length.data(), length.size()));
  file.append(header);
  for (const NamedTensor* entry : order) {
    visit(entry->tensor.dtype(),
          [&](auto tag) { file.append(std::as_bytes(entry->tensor.template host<decltype(tag)>())); });
  }
  file.commit();
}

}  // namespace regard
