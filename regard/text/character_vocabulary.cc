#include "regard/text/character_vocabulary.h"

#include <string>
#include <vector>

#include "regard/base/file.h"
#include "regard/base/json.h"
#include "regard/text/code_points.h"

namespace regard {
namespace {

// A special token by the key of tokenizer_config.json.
struct Special {
  const char *key, *content;
};

std::vector<Special> specials_of(TextUse use) {
  if (use == TextUse::generation) return {{"eos_token", "<|endoftext|>"}, {"unk_token", "<unk>"}};
  return {{"pad_token", "[PAD]"},
          {"unk_token", "[UNK]"},
          {"cls_token", "[CLS]"},
          {"sep_token", "[SEP]"},
          {"mask_token", "[MASK]"}};
}

Json added_token(const Json& id, const char* content) {
  return {{"id", id},        {"content", content},  {"single_word", false}, {"lstrip", false},
          {"rstrip", false}, {"normalized", false}, {"special", true}};
}

// [CLS] A [SEP], and with a second text [CLS] A [SEP] B [SEP].
Json framing(const Json& vocabulary) {
  const auto token = [](const char* name, int type) {
    return Json{{"SpecialToken", {{"id", name}, {"type_id", type}}}};
  };
  const auto text = [](const char* name, int type) {
    return Json{{"Sequence", {{"id", name}, {"type_id", type}}}};
  };
  Json tokens = Json::object();
  for (const char* name : {"[CLS]", "[SEP]"})
    tokens[name] = {{"id", name}, {"ids", {vocabulary[name]}}, {"tokens", {name}}};
  return {{"type", "TemplateProcessing"},
          {"single", {token("[CLS]", 0), text("A", 0), token("[SEP]", 0)}},
          {"pair", {token("[CLS]", 0), text("A", 0), token("[SEP]", 0), text("B", 1), token("[SEP]", 1)}},
          {"special_tokens", tokens}};
}

}  // namespace

void write_character_tokenizer(const Characters& characters, const std::filesystem::path& folder,
                               TextUse use) {
  Json vocabulary = Json::object();
  std::int64_t id = 0;
  for (const std::uint32_t code : characters) {
    std::string text;
    append_utf8(text, code);
    vocabulary[text] = id++;
  }
  Json added = Json::array();
  Json config{{"tokenizer_class", "PreTrainedTokenizerFast"}, {"clean_up_tokenization_spaces", false}};
  for (const Special& special : specials_of(use)) {
    vocabulary[special.content] = id++;
    added.push_back(added_token(vocabulary[special.content], special.content));
    config[special.key] = special.content;
  }
  if (use == TextUse::generation) config["bos_token"] = config["eos_token"];
  const Json document{
      {"version", "1.0"},
      {"truncation", nullptr},
      {"padding", nullptr},
      {"added_tokens", added},
      {"normalizer", nullptr},
      {"pre_tokenizer",
       {{"type", "Split"},
        {"pattern", {{"Regex", R"([\s\S])"}}},
        {"behavior", "Isolated"},
        {"invert", false}}},
      {"post_processor", use == TextUse::masking ? framing(vocabulary) : Json()},
      {"decoder", {{"type", "Fuse"}}},
      {"model", {{"type", "WordLevel"}, {"vocab", vocabulary}, {"unk_token", config["unk_token"]}}}};
  write_atomically(folder / "tokenizer.json", to_pretty(document));
  write_atomically(folder / "tokenizer_config.json", to_pretty(config));
}

}  // namespace regard
