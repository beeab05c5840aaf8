#include <cstring>
#include <fstream>
#include <string>

#include "tests/support/program.h"

// Model files from strangers, and files that were damaged: one clear line and exit code 3, never a signal.

namespace regard::testing_support {
namespace {

class ModelFiles : public ProgramTest {
 protected:
  // A safetensors file: length of the header, header, data of zeros.
  static std::string made(const std::string& header, std::size_t data = 0, std::uint64_t length = 0) {
    if (length == 0) length = header.size();
    std::string bytes(8, '\0');
    std::memcpy(bytes.data(), &length, 8);
    return bytes + header + std::string(data, '\0');
  }

  // The file alone, and as the weights of a model.
  void expect_refused(const std::string& bytes, const std::string& why) {
    write("bad.safetensors", bytes);
    expect_error(sh("regard info bad.safetensors"), 3, "bad.safetensors");
    const Result listing = sh("regard info bad.safetensors --json");
    EXPECT_EQ(listing.out, "") << why;
    const Result model =
        sh("cp -r $GOLDEN/tied m 2> /dev/null; cp bad.safetensors m/model.safetensors; "
           "regard generate m --input-ids 5 --output-ids");
    expect_error(model, 3, "model.safetensors");
    EXPECT_EQ(model.out, "") << why;
  }
};

TEST_F(ModelFiles, TooShort) {
  expect_refused("", "empty");
  expect_refused("1234567", "7 bytes");
  expect_refused(made("{}", 0, UINT64_MAX), "length of the header 2^64-1");
  expect_refused(made("{}", 0, 100'000'001), "header above 100 MB");
  expect_refused(made("{}", 0, 3), "header longer than the file");
}

TEST_F(ModelFiles, HeadersThatAreNoJson) {
  expect_refused(made("{"), "not closed");
  expect_refused(made("\xff{}"), "byte 0xff");
  expect_refused(made(" {}"), "leading space");
  expect_refused(made("[]"), "an array");
  expect_refused(made(std::string(200000, '[')), "deep");
  expect_refused("<!DOCTYPE html><html><body>404</body></html>", "an error page");
}

std::string tensor(const std::string& shape, const std::string& offsets, const std::string& dtype = "F32") {
  return R"({"a":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
}

TEST_F(ModelFiles, SizesThatOverflow) {
  for (const char* shape : {"[2,18446744073709551614]", "[4294967296,4294967296]", "[4611686018427387905,4]"})
    expect_refused(made(tensor(shape, "[0,8]"), 8), shape);
}

TEST_F(ModelFiles, OffsetsThatDoNotFit) {
  expect_refused(made(tensor("[2]", "[8,0]"), 8), "reversed");
  expect_refused(made(tensor("[2]", "[-8,0]"), 8), "negative");
  expect_refused(made(tensor("[2]", "[0,1e400]"), 8), "infinite");
  expect_refused(made(tensor("[2]", "[0,8]"), 16), "bytes behind");
  expect_refused(made(tensor("[2]", "[0,8]"), 6), "two bytes short");
  expect_refused(made(tensor("[2]", "[8,16]"), 16), "a hole");
  expect_refused(made(tensor("[3]", "[0,8]"), 8), "another shape");
  expect_refused(made(tensor("[2]", "[0,8]", "F31"), 8), "unknown type");
  expect_refused(made(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                      R"("b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
                      12),
                 "overlap");
}

TEST_F(ModelFiles, NamesThatAreNone) {
  const std::string one = R"("a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]})";
  expect_refused(made("{" + one + "," + one + "}", 4), "twice");
  expect_refused(made(R"({"a\u0000b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4), "NUL");
}

TEST_F(ModelFiles, TensorsWithoutElementsMayShareAnOffset) {
  write("zero.safetensors", made(R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},)"
                                 R"("b":{"dtype":"F32","shape":[0,4],"data_offsets":[0,0]}})"));
  EXPECT_EQ(sh("regard info zero.safetensors").exit, 0);
}

TEST_F(ModelFiles, CutOffAnywhere) {
  const std::string good =
      read_all(std::filesystem::path(REGARD_SOURCE_DIR) / "tests/golden/marian/tied/model.safetensors");
  ASSERT_GT(good.size(), 50000U);
  for (std::size_t i = 0; i < 40; ++i) {
    write("cut.safetensors", good.substr(0, good.size() * i / 40 + i % 7));
    expect_error(sh("regard info cut.safetensors"), 3, "cut.safetensors");
  }
}

TEST_F(ModelFiles, ShardsStayInTheirFolder) {
  sh("cp -r $GOLDEN/tied m; rm m/model.safetensors; mkfifo m/fifo.safetensors");
  for (const char* shard : {"../../etc/passwd", "/etc/passwd", "/dev/zero", "fifo.safetensors", "."}) {
    write("m/model.safetensors.index.json",
          std::string(R"({"weight_map":{"model.shared.weight":")") + shard + R"("}})");
    expect_error(sh("regard info m"), 3, "");
  }
}

TEST_F(ModelFiles, PicklesAreNotLoaded) {
  sh("cp -r $GOLDEN/tied m; mv m/model.safetensors m/pytorch_model.bin");
  expect_error(sh("regard generate m --input-ids 5 --output-ids"), 3, "safetensors");
  expect_error(sh("regard info m"), 3, "pickle");
}

TEST_F(ModelFiles, ConfigurationsThatCannotBe) {
  const std::string good =
      read_all(std::filesystem::path(REGARD_SOURCE_DIR) / "tests/golden/marian/tied/config.json");
  sh("cp -r $GOLDEN/tied m");
  const std::pair<const char*, const char*> changes[] = {
      {"\"encoder_attention_heads\": 4", "\"encoder_attention_heads\": 0"},
      {"\"d_model\": 16", "\"d_model\": -1"},
      {"\"d_model\": 16", "\"d_model\": \"16\""},
      {"\"encoder_layers\": 2", "\"encoder_layers\": 1000000000"},
      {"\"vocab_size\": 37", "\"vocab_size\": 38"},
      {"\"dropout\": 0.1", "\"dropout\": NaN"},
      {"\"model_type\": \"marian\"", "\"model_type\": \"parrot\""}};
  for (const auto& [from, to] : changes) {
    std::string bad = good;
    const auto at = bad.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    bad.replace(at, std::strlen(from), to);
    write("m/config.json", bad);
    const Result result = sh("regard generate m --input-ids 5 --output-ids");
    expect_error(result, 3, "m/");
  }
}

TEST_F(ModelFiles, MissingAndOfAnotherKind) {
  for (const char* command : {"translate", "tokenize", "detokenize", "generate --input-ids 5 --output-ids",
                              "forward --inputs i --outputs o", "info"}) {
    expect_error(sh(std::string("regard ") + command + " missing"), 3, "missing");
    expect_error(sh(std::string("mkdir -p empty; regard ") + command + " empty"), 3, "empty");
  }
  write("model.bin", std::string(1000, '\7'));
  expect_error(sh("regard translate model.bin"), 3, "model.bin");
  expect_error(sh("regard info model.bin"), 3, "model.bin");
}

}  // namespace
}  // namespace regard::testing_support
