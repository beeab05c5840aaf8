#include "regard/base/json.h"

#include <gtest/gtest.h>

#include <fstream>

#include "regard/base/error.h"
#include "regard/base/rounding_json.h"

namespace regard {
namespace {

std::string refusal(const std::string& text) {
  try {
    parse_json(text, "f.json");
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

template <class F>
std::string message(F&& body) {
  try {
    body();
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Json, ReadsEveryKindOfValue) {
  const Json json = parse_json(
      R"( {"a": [1, -2, 18446744073709551615, 1.5, 1e3], "b": {"c": null, "d": true}, "e": "é\u0000\n"} )",
      "f");
  EXPECT_EQ(json["a"][1], -2);
  EXPECT_EQ(json["a"][2].get<std::uint64_t>(), ~std::uint64_t{0});
  EXPECT_EQ(json["a"][4], 1000.0);
  EXPECT_TRUE(json["b"]["c"].is_null());
  EXPECT_EQ(json["e"], std::string("é\0\n", 4));
  EXPECT_EQ(parse_json("[]", "f").size(), 0u);
  EXPECT_EQ(parse_json("3", "f"), 3);
}

TEST(Json, EveryPrefixOfADocumentIsRefused) {
  const std::string text = R"({"a": [1, 2.5, "x\u00e9"], "b": {"c": false, "d": null}})";
  for (std::size_t n = 0; n < text.size(); ++n) EXPECT_NE(refusal(text.substr(0, n)), "accepted") << n;
}

TEST(Json, RefusesWhatReadersDisagreeOn) {
  EXPECT_EQ(refusal(R"({"a": 1, "a": 2})"), "f.json: byte 12: the key \"a\" stands twice");
  EXPECT_EQ(refusal(R"({"a": 1, "\u0061": 2})"), "f.json: byte 17: the key \"a\" stands twice");
  EXPECT_EQ(refusal(std::string("{}\0\0", 4)), "f.json: byte 2: found NUL in JSON text");
  EXPECT_NE(refusal("{} {}"), "accepted");
  EXPECT_NE(refusal("{\"a\": \"\xFF\"}"), "accepted");
  EXPECT_NE(refusal("{\"a\": \"\xC0\xAF\"}"), "accepted");
  EXPECT_NE(refusal(R"({"a": "\ud800"})"), "accepted");
  EXPECT_EQ(refusal("[18446744073709551616]"),
            "f.json: byte 22: the integer 18446744073709551616 is out of range");
  EXPECT_NE(refusal("[-9223372036854775809]"), "accepted");
  EXPECT_NE(refusal("[1e400]").find("the number 1e400 is out of range"), std::string::npos)
      << refusal("[1e400]");
  for (const char* text : {"", " ", "NaN", "[Infinity]", "[1,]", "{\"a\":1,}", "// c\n{}", "{'a':1}", "[01]",
                           "[+1]", "<html>"}) {
    EXPECT_NE(refusal(text), "accepted") << text;
  }
}

TEST(Json, DepthIsLimited) {
  EXPECT_EQ(refusal(std::string(64, '[') + std::string(64, ']')), "accepted");
  EXPECT_NE(refusal(std::string(65, '[') + std::string(65, ']')).find("more than 64 levels"),
            std::string::npos);
  EXPECT_NE(refusal(std::string(200000, '[')).find("more than 64 levels"), std::string::npos);
  std::string objects;
  for (int i = 0; i < 200000; ++i) objects += "{\"a\":";
  EXPECT_NE(refusal(objects).find("more than 64 levels"), std::string::npos);
}

TEST(Json, MessagesAreOneShortLine) {
  const std::string text = refusal("{\"a\": " + std::string(5000, 'x') + "\n\n}");
  EXPECT_LT(text.size(), 150u);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_NE(refusal("{\"a\"").find("ends too early"), std::string::npos);
}

TEST(Json, WritesAnything) {
  const Json json = {{"a", "\xFF"}, {"b", std::numeric_limits<double>::quiet_NaN()}};
  EXPECT_EQ(to_line(json), "{\"a\":\"\xEF\xBF\xBD\",\"b\":null}");
  EXPECT_EQ(to_pretty(Json{{"a", 1}}), "{\n  \"a\": 1\n}\n");
  EXPECT_EQ(parse_json(to_line(Json{{"x", 0.1}, {"y", 1e-9}}), "f")["y"], 1e-9);
}

TEST(JsonField, ErrorsNameFileFieldAndExpectation) {
  const Json json = parse_json(
      R"({"d_model": "x", "n": -1, "list": [1, 2.0], "big": 3000000000, "z": 0, "act": "gelu", "nil": null})",
      "config.json");
  const JsonField config(json, "config.json");
  EXPECT_EQ(message([&] { config.at("d_model").positive(); }),
            "config.json: d_model: found \"x\", expected a positive whole number");
  EXPECT_EQ(message([&] { config.at("n").positive(); }),
            "config.json: n: found -1, expected a positive whole number");
  EXPECT_EQ(message([&] { config.at("z").positive(); }),
            "config.json: z: found 0, expected a positive whole number");
  EXPECT_EQ(message([&] { config.at("big").positive(); }),
            "config.json: big: found 3000000000, expected a positive whole number of at most 2147483647");
  EXPECT_EQ(message([&] { config.at("list").integers(); }),
            "config.json: list[1]: found 2.0, expected a whole number");
  EXPECT_EQ(message([&] { config.at("none"); }),
            "config.json: expected the field \"none\", which is missing");
  EXPECT_EQ(message([&] { config.at("n").integer_within(0, 9); }),
            "config.json: n: found -1, expected a whole number from 0 to 9");
  EXPECT_EQ(message([&] { config.at("n").size_or_offset(); }),
            "config.json: n: found -1, expected a whole number of at least 0");
  EXPECT_EQ(message([&] {
              config.at("act").one_of({"relu", "silu"});
            }),
            "config.json: act: found \"gelu\", expected one of \"relu\", \"silu\"");
  EXPECT_EQ(message([&] { config.at("act").at("x"); }),
            "config.json: act: found \"gelu\", expected an object");
  EXPECT_NE(message([&] { config.at("act").boolean(); }), "accepted");
  EXPECT_NE(message([&] { config.at("act").number(); }), "accepted");
  EXPECT_NE(message([&] { config.at("z").text(); }), "accepted");
  EXPECT_NE(message([&] { config.integer_or("act", 1); }), "accepted");
}

TEST(JsonField, GivesValuesAndDefaults) {
  const Json json =
      parse_json(R"({"a": 3, "f": 2, "s": "x", "b": true, "o": {"k": [4, 5]}, "nil": null})", "f");
  const JsonField field(json, "f");
  EXPECT_EQ(field.at("a").positive(), 3);
  EXPECT_EQ(field.at("f").number(), 2.0);
  EXPECT_EQ(field.text_or("s", "y"), "x");
  EXPECT_EQ(field.text_or("t", "y"), "y");
  EXPECT_TRUE(field.boolean_or("b", false));
  EXPECT_EQ(field.positive_or("nil", 7), 7);
  EXPECT_EQ(field.integer_or("a", 7), 3);
  EXPECT_EQ(field.number_or("none", 0.5), 0.5);
  EXPECT_FALSE(field.has("nil"));
  EXPECT_EQ(field.at("o").at("k").integers(), (std::vector<std::int64_t>{4, 5}));
  EXPECT_EQ(field.at("o").at("k").items()[1].place(), "f: o.k[1]");
  EXPECT_EQ(field.at("s").one_of({"x", "y"}), "x");
  EXPECT_EQ(field.keys().size(), 6u);
}

TEST(RoundingJson, AnIntegerThatNothingHoldsIsANumberAllTheSame) {
  const auto file = std::filesystem::path(testing::TempDir()) / "regard_rounding.json";
  std::ofstream(file) << R"({"model_max_length": 1000000000000000019884624838656, "n": 7})";
  EXPECT_THROW(read_json(file), InputError);
  const Json json = read_json_rounding(file);
  EXPECT_EQ(json["model_max_length"].get<double>(), 1e30);
  EXPECT_TRUE(json["n"].is_number_integer());
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace regard
