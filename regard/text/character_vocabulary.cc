#include "regard/text/character_vocabulary.h"

#include "regard/base/file.h"
#include "regard/base/json.h"
#include "regard/text/code_points.h"

namespace regard {
namespace {

constexpr const char* end_of_text = "<|endoftext|>";
constexpr const char* unknown = "<unk>";

Json added_token(std::int64_t id, const char* content) {
  return {{"id", id},        {"content", content},  {"single_word", false}, {"lstrip", false},
          {"rstrip", false}, {"normalized", false}, {"special", true}};
}

}  // namespace

void write_character_tokenizer(const Characters& characters, const std::filesystem::path& folder) {
  Json vocabulary = Json::object();
  std::int64_t id = 0;
  for (const std::uint32_t code : characters) {
    std::string text;
    append_utf8(text, code);
    vocabulary[text] = id++;
  }
  vocabulary[end_of_text] = id;
  vocabulary[unknown] = id + 1;
  const Json document{{"version", "1.0"},
                      {"truncation", nullptr},
                      {"padding", nullptr},
                      {"added_tokens", {added_token(id, end_of_text), added_token(id + 1, unknown)}},
                      {"normalizer", nullptr},
                      {"pre_tokenizer",
                       {{"type", "Split"},
                        {"pattern", {{"Regex", R"([\s\S])"}}},
                        {"behavior", "Isolated"},
                        {"invert", false}}},
                      {"post_processor", nullptr},
                      {"decoder", {{"type", "Fuse"}}},
                      {"model", {{"type", "WordLevel"}, {"vocab", vocabulary}, {"unk_token", unknown}}}};
  write_atomically(folder / "tokenizer.json", to_pretty(document));
  write_atomically(folder / "tokenizer_config.json",
                   to_pretty({{"tokenizer_class", "PreTrainedTokenizerFast"},
                              {"bos_token", end_of_text},
                              {"eos_token", end_of_text},
                              {"unk_token", unknown},
                              {"clean_up_tokenization_spaces", false}}));
}

}  // namespace regard
