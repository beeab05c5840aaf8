#include "regard/tensor/safetensors.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>

#include "regard/base/error.h"
#include "regard/base/file.h"

namespace regard {
namespace {

namespace fs = std::filesystem;

class Safetensors : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "regard-safetensors-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder = name;
  }
  void TearDown() override { fs::remove_all(folder); }

  fs::path put(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder / name, std::ios::binary) << bytes;
    return folder / name;
  }
  // A file with this header and so many bytes of data; the length may lie.
  static std::string file_bytes(const std::string& header, std::size_t data, std::uint64_t length) {
    std::string bytes;
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(length >> (8 * i));
    bytes += header;
    for (std::size_t i = 0; i < data; ++i) bytes += static_cast<char>(i);
    return bytes;
  }
  static std::string file_bytes(const std::string& header, std::size_t data) {
    return file_bytes(header, data, header.size());
  }
  std::string refusal(const std::string& bytes) const {
    const fs::path path = put("t.safetensors", bytes);
    try {
      const SafetensorsFile file(path);
    } catch (const InputError& error) {
      const std::string text = error.what();
      EXPECT_NE(text.find("t.safetensors"), std::string::npos) << text;
      EXPECT_EQ(text.find('\n'), std::string::npos) << text;
      return text;
    }
    return "accepted";
  }
  std::string refusal(const std::string& header, std::size_t data) const {
    return refusal(file_bytes(header, data));
  }

  static std::vector<NamedTensor> sample() {
    std::vector<NamedTensor> all;
    all.push_back({"b", Tensor::from<float>({2, 3}, std::vector<float>{1, -2, 3, NAN, INFINITY, 6})});
    all.push_back({"a\"\xC3\xA9", Tensor::from<std::int64_t>({1}, std::vector<std::int64_t>{-7})});
    all.push_back({"scalar", Tensor::from<double>({}, std::vector<double>{2.5})});
    all.push_back({"empty", Tensor::empty({0, 4}, DType::f32)});
    all.push_back({"empty2", Tensor::empty({4, 0}, DType::f32)});
    all.push_back({"half", Tensor::full({3}, DType::f16, 0.5)});
    all.push_back({"brain", Tensor::full({3}, DType::bf16, -0.5)});
    all.push_back({"i32", Tensor::full({1}, DType::i32, 9)});
    all.push_back({"i8", Tensor::full({3}, DType::i8, -9)});
    all.push_back({"u8", Tensor::full({1}, DType::u8, 200)});
    all.push_back({"bool", Tensor::full({3}, DType::boolean, 1)});
    return all;
  }

  fs::path folder;
};

TEST_F(Safetensors, WhatIsWrittenIsRead) {
  const fs::path path = folder / "m.safetensors";
  write_safetensors(path, sample(), {{"k", "v"}});
  const SafetensorsFile file(path);
  EXPECT_EQ(file.tensors().size(), sample().size());
  EXPECT_EQ(file.metadata().at("format"), "pt");
  EXPECT_EQ(file.metadata().at("k"), "v");
  for (const NamedTensor& entry : sample()) {
    const Tensor read = file.tensor(entry.name);
    EXPECT_EQ(read.dtype(), entry.tensor.dtype());
    EXPECT_EQ(read.shape(), entry.tensor.shape());
    const auto found = read.to_doubles();
    const auto expected = entry.tensor.to_doubles();
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_TRUE(found[i] == expected[i] || (std::isnan(found[i]) && std::isnan(expected[i]))) << entry.name;
    }
  }
}

TEST_F(Safetensors, TheLayoutIsThatOfTheReferenceWriter) {
  const fs::path path = folder / "m.safetensors";
  write_safetensors(path, sample());
  const std::string bytes = read_text(path);
  const std::string header =
      bytes.substr(8, static_cast<unsigned char>(bytes[0]) + 256U * static_cast<unsigned char>(bytes[1]));
  EXPECT_EQ(header.size() % 8, 0u);
  EXPECT_EQ(header.find("{\"__metadata__\":{\"format\":\"pt\"},"), 0u);
  std::size_t last = 0;  // widest alignment first, then by name
  for (const char* name : {"\"a\\\"", "\"scalar\"", "\"b\"", "\"empty\"", "\"empty2\"", "\"i32\"",
                           "\"brain\"", "\"half\"", "\"i8\"", "\"u8\"", "\"bool\""}) {
    const std::size_t at = header.find(name);
    ASSERT_NE(at, std::string::npos) << name;
    EXPECT_GT(at, last) << name;
    last = at;
  }
  const SafetensorsFile file(path);
  for (const TensorInfo& info : file.tensors())
    EXPECT_EQ(info.begin % size_of(*info.stored), 0u) << info.name;
}

TEST_F(Safetensors, TensorsKeepTheMappingAliveAndAreNotWritable) {
  const fs::path path = folder / "m.safetensors";
  write_safetensors(path, sample());
  Tensor kept;
  {
    const SafetensorsFile file(path);
    kept = file.tensor("b");
    EXPECT_EQ(kept.identity(), file.tensor("b").identity());
  }
  fs::remove(path);
  EXPECT_EQ(kept.to_doubles()[2], 3.0);
  EXPECT_FALSE(kept.unique());
}

TEST_F(Safetensors, NothingButMetadata) {
  write_safetensors(folder / "m.safetensors", {});
  EXPECT_TRUE(SafetensorsFile(folder / "m.safetensors").tensors().empty());
  EXPECT_EQ(refusal("{}", 0), "accepted");
  EXPECT_EQ(refusal(R"({"__metadata__":{"a":"b"}}   )", 0), "accepted");
  EXPECT_NE(refusal(R"({"__metadata__":{"a":1}})", 0), "accepted");
  EXPECT_NE(refusal(R"({"__metadata__":null})", 0), "accepted");
  EXPECT_NE(refusal(R"({"__metadata__":[]})", 0), "accepted");
}

TEST_F(Safetensors, TheWriterRefusesBadNames) {
  for (const std::string name : {"", "__metadata__"}) {
    EXPECT_THROW(
        write_safetensors(folder / "x", std::vector<NamedTensor>{{name, Tensor::zeros({1}, DType::f32)}}),
        UsageError);
  }
  const Tensor t = Tensor::zeros({1}, DType::f32);
  EXPECT_THROW(write_safetensors(folder / "x", std::vector<NamedTensor>{{"a", t}, {"a", t}}), UsageError);
  EXPECT_THROW(write_safetensors(folder / "x", std::vector<NamedTensor>{{"a", Tensor()}}), UsageError);
  EXPECT_FALSE(fs::exists(folder / "x"));
}

TEST_F(Safetensors, TruncatedAnywhereOrExtendedIsRefused) {
  const fs::path path = folder / "m.safetensors";
  write_safetensors(path, sample());
  const std::string bytes = read_text(path);
  for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_NE(refusal(bytes.substr(0, n)), "accepted") << n;
  EXPECT_NE(refusal(bytes + '\0').find("something follows"), std::string::npos);
  EXPECT_NE(refusal(bytes + bytes), "accepted");
}

TEST_F(Safetensors, EveryFlippedHeaderByteIsRefusedOrStillCovers) {
  const fs::path path = folder / "m.safetensors";
  write_safetensors(path, sample());
  const std::string bytes = read_text(path);
  const std::size_t end = bytes.rfind('}') + 1;
  std::size_t refused = 0;
  for (std::size_t i = 0; i < end; ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ (1 << (i * 7 % 8)));
    refused += refusal(changed) != "accepted" ? 1 : 0;
  }
  EXPECT_GT(refused, end / 2);
}

TEST_F(Safetensors, HeaderLengthsThatLie) {
  EXPECT_NE(refusal(""), "accepted");
  EXPECT_NE(refusal("1234567"), "accepted");
  for (const std::uint64_t length : {~std::uint64_t{0}, std::uint64_t{1} << 63, std::uint64_t{100'000'001},
                                     std::uint64_t{100'000'000}, std::uint64_t{3}}) {
    EXPECT_NE(refusal(file_bytes("{}", 0, length)), "accepted") << length;
  }
  EXPECT_NE(refusal(file_bytes("{}", 0, 100'000'001)).find("at most 100000000"), std::string::npos);
  EXPECT_NE(refusal(file_bytes("{}", 0, 100'000'000)).find("cut off"), std::string::npos);
}

TEST_F(Safetensors, AHeaderOfExactlyTheLimitIsTaken) {
  std::string header = "{}";
  header.resize(100'000'000, ' ');
  EXPECT_EQ(refusal(header, 0), "accepted");
}

TEST_F(Safetensors, HeadersThatAreNoObject) {
  for (const std::string header :
       {"{", "\xFF", " {}", "[]", "null", "{}x", "{}\n{}", "\xEF\xBB\xBF{}", "{\"a\":}"}) {
    EXPECT_NE(refusal(header, 0), "accepted") << header;
  }
  EXPECT_NE(refusal(std::string("{}\0\0", 4), 0), "accepted");
  EXPECT_NE(refusal(std::string(200000, '['), 0), "accepted");
  EXPECT_NE(refusal("{\"a\":" + std::string(200000, '['), 0).find("more than 64 levels"), std::string::npos);
}

TEST_F(Safetensors, AWebPageIsNamedAsSuch) {
  EXPECT_NE(refusal("<!DOCTYPE html><html><body>404</body></html>").find("begins with \"<!DOCTYPE"),
            std::string::npos);
}

TEST_F(Safetensors, ShapesThatOverflow) {
  for (const char* shape : {"[2,18446744073709551614]", "[4294967296,4294967296]", "[4611686018427387905,4]",
                            "[18446744073709551615]", "[9223372036854775807,9223372036854775807,0]", "[-1]",
                            "[1.0]", "[\"1\"]", "[null]", "1", "[18446744073709551616]"}) {
    EXPECT_NE(
        refusal(std::string(R"({"a":{"dtype":"F32","shape":)") + shape + R"(,"data_offsets":[0,0]}})", 0),
        "accepted")
        << shape;
    EXPECT_NE(
        refusal(std::string(R"({"a":{"dtype":"F32","shape":)") + shape + R"(,"data_offsets":[0,8]}})", 8),
        "accepted")
        << shape;
  }
}

TEST_F(Safetensors, OffsetsThatLie) {
  for (const char* offsets : {"[8,0]", "[-8,0]", "[0,1e400]", "[0,8.0]", "[0]", "[0,8,8]", "[0,7]", "[0,9]",
                              "[0,16]", "[8,16]", "[1,9]", "[0,18446744073709551615]", "null", "{}"}) {
    EXPECT_NE(refusal(std::string(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":)") + offsets + "}}", 8),
              "accepted")
        << offsets;
  }
  EXPECT_EQ(refusal(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8), "accepted");
}

TEST_F(Safetensors, OverlapsAndHolesAreRefusedAndAnyOrderIsTaken) {
  const auto entry = [](const std::string& name, int begin, int end) {
    return "\"" + name + R"(":{"dtype":"U8","shape":[)" + std::to_string(end - begin) +
           R"(],"data_offsets":[)" + std::to_string(begin) + "," + std::to_string(end) + "]}";
  };
  EXPECT_EQ(refusal("{" + entry("a", 4, 8) + "," + entry("b", 0, 4) + "}", 8), "accepted");
  EXPECT_NE(refusal("{" + entry("a", 3, 8) + "," + entry("b", 0, 4) + "}", 8).find("overlap"),
            std::string::npos);
  EXPECT_NE(refusal("{" + entry("a", 5, 8) + "," + entry("b", 0, 4) + "}", 8).find("hole"),
            std::string::npos);
  EXPECT_EQ(refusal("{" + entry("a", 4, 4) + "," + entry("b", 4, 4) + "," + entry("c", 0, 4) + "}", 4),
            "accepted");
  EXPECT_NE(refusal("{" + entry("a", 2, 2) + "," + entry("c", 0, 4) + "}", 4), "accepted");
  EXPECT_NE(refusal("{" + entry("a", 5, 5) + "," + entry("c", 0, 4) + "}", 4), "accepted");
  std::string many;
  for (int i = 0; i < 10000; ++i) many += (i == 0 ? "" : ",") + entry("t" + std::to_string(i), 0, 4);
  EXPECT_NE(refusal("{" + many + "}", 4).find("overlap"), std::string::npos);
}

TEST_F(Safetensors, NamesAndTypes) {
  const std::string tail = R"(","shape":[2],"data_offsets":[0,8]})";
  EXPECT_NE(
      refusal(R"({"a":{"dtype":"F32)" + tail + R"(,"a":{"dtype":"F32)" + tail + "}", 8).find("stands twice"),
      std::string::npos);
  EXPECT_NE(refusal(R"({"a\u0000b":{"dtype":"F32)" + tail + "}", 8).find("NUL"), std::string::npos);
  EXPECT_NE(refusal(R"({"a":{"dtype":"F33)" + tail + "}", 8).find("found \"F33\""), std::string::npos);
  EXPECT_NE(refusal(R"({"a":{"dtype":"F64)" + tail + "}", 8).find("16 bytes"), std::string::npos);
  EXPECT_NE(refusal(R"({"a":{"shape":[2],"data_offsets":[0,8]}})", 8).find("dtype"), std::string::npos);
  EXPECT_NE(refusal(R"({"a":3})", 0), "accepted");
  EXPECT_NE(refusal(R"({"a":null})", 0), "accepted");
  EXPECT_NE(refusal(R"({"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}})", 1), "accepted");
}

TEST_F(Safetensors, OtherTypesAreListedButNotComputed) {
  ASSERT_EQ(
      refusal(
          R"({"a":{"dtype":"F4","shape":[3,4],"data_offsets":[0,6]},"b":{"dtype":"U16","shape":[1,1,1,1,1,1,1],"data_offsets":[6,8]},)"
          R"("c":{"dtype":"U8","shape":[1,1,1,1,1,1,1],"data_offsets":[8,9]}})",
          9),
      "accepted");
  const SafetensorsFile file(folder / "t.safetensors");
  EXPECT_EQ(file.find("a")->dtype, "F4");
  for (const char* name : {"a", "b", "c", "d"}) EXPECT_THROW(file.tensor(name), InputError) << name;
}

TEST_F(Safetensors, MisalignedTensorsAreCopied) {
  for (std::size_t pad = 0; pad < 8; ++pad) {
    const std::string header =
        R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}})" +
        std::string(pad, ' ');
    std::string bytes = file_bytes(header, 9);
    const float values[2] = {1.5F, -2.5F};
    std::memcpy(bytes.data() + bytes.size() - 8, values, 8);
    const SafetensorsFile file(put("t.safetensors", bytes));
    EXPECT_EQ(file.tensor("b").to_doubles(), (std::vector<double>{1.5, -2.5}));
    EXPECT_EQ(file.tensor("a").to_doubles()[0], 0.0);
  }
}

TEST_F(Safetensors, AnyByteIsABoolean) {
  const SafetensorsFile file(
      put("t.safetensors", file_bytes(R"({"a":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]}})", 3)));
  EXPECT_EQ(file.tensor("a").to_doubles(), (std::vector<double>{0, 1, 1}));
}

class Checkpoint : public Safetensors {
 protected:
  void SetUp() override {
    Safetensors::SetUp();
    write_safetensors(folder / "one.safetensors",
                      std::vector<NamedTensor>{{"a", Tensor::full({2}, DType::f32, 1)}});
    write_safetensors(folder / "two.safetensors",
                      std::vector<NamedTensor>{{"b", Tensor::full({3}, DType::f32, 2)}});
  }
  std::string index(const std::string& map) const {
    put("model.safetensors.index.json", R"({"metadata":{"total_size":20},"weight_map":)" + map + "}");
    try {
      opened = Weights::open(folder);
    } catch (const InputError& error) {
      return error.what();
    }
    return "accepted";
  }
  mutable std::optional<Weights> opened;
};

TEST_F(Checkpoint, ShardsAreOne) {
  ASSERT_EQ(index(R"({"a":"one.safetensors","b":"two.safetensors"})"), "accepted");
  EXPECT_EQ(opened->names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(opened->tensor("b").to_doubles(), (std::vector<double>{2, 2, 2}));
  EXPECT_EQ(opened->tensor("b", {3}).size(0), 3);
  EXPECT_THROW(opened->tensor("b", {4}), InputError);
  EXPECT_THROW(opened->tensor("c"), InputError);
  EXPECT_FALSE(opened->has("c"));
}

TEST_F(Checkpoint, ShardNamesMustStayInTheFolder) {
  fs::create_symlink("/etc/passwd", folder / "out.safetensors");
  fs::create_symlink("nowhere", folder / "dangling.safetensors");
  ASSERT_EQ(::mkfifo((folder / "fifo.safetensors").c_str(), 0600), 0);
  for (const char* name :
       {"../../etc/passwd", "/etc/passwd", "/dev/zero", "a/../one.safetensors", "./one.safetensors", "", ".",
        "..", "a\\\\b", "one.safetensors\\u0000", "out.safetensors", "dangling.safetensors",
        "fifo.safetensors", "none.safetensors"}) {
    EXPECT_NE(index(std::string(R"({"a":")") + name + "\"}"), "accepted") << name;
  }
  fs::create_symlink("one.safetensors", folder / "link.safetensors");
  EXPECT_EQ(index(R"({"a":"link.safetensors"})"), "accepted");
}

TEST_F(Checkpoint, AnIndexThatLiesIsRefused) {
  EXPECT_NE(index(R"({"a":"one.safetensors","b":"one.safetensors"})").find("no such tensor"),
            std::string::npos);
  EXPECT_NE(index(R"({"a":1})"), "accepted");
  EXPECT_NE(index("[]"), "accepted");
  EXPECT_NE(index(R"({"a":"one.safetensors","a":"one.safetensors"})"), "accepted");
}

TEST_F(Checkpoint, PickleIsNotLoaded) {
  EXPECT_THROW(Weights::open(folder), InputError);
  put("pytorch_model.bin", "x");
  try {
    Weights::open(folder);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("pickle is not loaded"), std::string::npos);
  }
  EXPECT_THROW(Weights::open(folder / "pytorch_model.bin"), InputError);
}

}  // namespace
}  // namespace regard
