#include "regard/text/vocabulary_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/text/unicode.h"

namespace regard {
namespace {

namespace fs = std::filesystem;

// One token a line, its number the id.
Json read_vocab_txt(const fs::path& path) {
  Json vocabulary = Json::object();
  LineReader lines(path);
  while (const auto line = lines.next()) {
    require_utf8(*line, path.string(), lines.number());
    // Of a token that stands twice the last line counts, as in the original reader.
    vocabulary[std::string(trim_end(*line))] = lines.number() - 1;
  }
  if (vocabulary.empty()) throw InputError(path.string() + ": expected one token a line, found none");
  return vocabulary;
}

std::int64_t id_in(const Json& vocabulary, const std::string& token, const fs::path& path) {
  const auto found = vocabulary.find(token);
  if (found == vocabulary.end()) {
    throw InputError(
        fmt::format("{}: expected the token {}, which is missing", path.string(), printable(token)));
  }
  return found->get<std::int64_t>();
}

Json read_merges_txt(const fs::path& path) {
  Json merges = Json::array();
  LineReader lines(path);
  while (const auto line = lines.next()) {
    require_utf8(*line, path.string(), lines.number());
    if (line->empty() || line->starts_with("#version")) continue;
    merges.push_back(*line);
  }
  return merges;
}

// The special tokens that a vocabulary has, as added tokens.
Json added_tokens(const Json& vocabulary, const std::vector<std::string>& texts) {
  std::vector<SpecialName> known;
  for (const std::string& text : texts) {
    const auto found = vocabulary.find(text);
    if (found != vocabulary.end() && found->is_number_unsigned())
      known.push_back({text, found->get<std::int64_t>()});
  }
  std::sort(known.begin(), known.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  Json list = Json::array();
  for (const SpecialName& token : known) {
    if (list.empty() || list.back()["id"] != token.id)
      list.push_back(added_token_document(token, Json::object()));
  }
  return list;
}

// A part of a template: "$A", "$B" or a special token, with ":type".
Json template_part(std::string_view part) {
  const std::size_t colon = part.rfind(':');
  const bool typed = colon != std::string_view::npos && colon + 2 == part.size();
  const int type = typed ? part.back() - '0' : 0;
  const std::string name(typed ? part.substr(0, colon) : part);
  if (name == "$A" || name == "$B") return {{"Sequence", {{"id", name.substr(1)}, {"type_id", type}}}};
  return {{"SpecialToken", {{"id", name}, {"type_id", type}}}};
}

Json template_parts(std::string_view text) {
  Json parts = Json::array();
  for (const std::string_view part : split_white_space(text)) parts.push_back(template_part(part));
  return parts;
}

bool reads_as_roberta(const JsonField& config, const Json& vocabulary) {
  const auto name = config.find("tokenizer_class");
  if (!name) return vocabulary.contains("<s>") && vocabulary.contains("</s>");
  static constexpr std::array<std::string_view, 6> kFrame = {"Roberta", "Bart",       "Longformer",
                                                             "LED",     "Blenderbot", "MPNet"};
  return std::any_of(kFrame.begin(), kFrame.end(),
                     [&](std::string_view family) { return name->text().starts_with(family); });
}

}  // namespace

std::string special_text(const JsonField& config, std::string_view key, const std::string& otherwise) {
  const auto field = config.find(key);
  if (!field) return otherwise;
  return field->value().is_object() ? field->at("content").text() : field->text();
}

Json added_token_document(const SpecialName& token, const Json& settings) {
  Json document = {{"id", token.id},  {"content", token.text}, {"single_word", false}, {"lstrip", false},
                   {"rstrip", false}, {"normalized", false},   {"special", true}};
  document.update(settings);
  return document;
}

Json template_document(std::string_view single, std::string_view pair,
                       const std::vector<SpecialName>& special) {
  Json tokens = Json::object();
  for (const SpecialName& token : special) {
    tokens[token.text] = {{"id", token.text}, {"ids", {token.id}}, {"tokens", {token.text}}};
  }
  return {{"type", "TemplateProcessing"},
          {"single", template_parts(single)},
          {"pair", template_parts(pair)},
          {"special_tokens", tokens}};
}

Json document_from_vocab_txt(const fs::path& folder, const JsonField& config) {
  const fs::path path = folder / "vocab.txt";
  const Json vocabulary = read_vocab_txt(path);
  const std::string unknown = special_text(config, "unk_token", "[UNK]");
  const std::string cls = special_text(config, "cls_token", "[CLS]");
  const std::string sep = special_text(config, "sep_token", "[SEP]");
  const std::string pad = special_text(config, "pad_token", "[PAD]");
  const std::string mask = special_text(config, "mask_token", "[MASK]");
  id_in(vocabulary, unknown, path);
  const bool lower = config.boolean_or("do_lower_case", true);
  Json document;
  document["version"] = "1.0";
  document["added_tokens"] = added_tokens(vocabulary, {pad, unknown, cls, sep, mask});
  document["normalizer"] = {{"type", "BertNormalizer"},
                            {"clean_text", true},
                            {"handle_chinese_chars", config.boolean_or("tokenize_chinese_chars", true)},
                            {"strip_accents", config.boolean_or("strip_accents", lower)},
                            {"lowercase", lower}};
  document["pre_tokenizer"] = {{"type", "BertPreTokenizer"}};
  document["post_processor"] = template_document(
      fmt::format("{0}:0 $A:0 {1}:0", cls, sep), fmt::format("{0}:0 $A:0 {1}:0 $B:1 {1}:1", cls, sep),
      {{cls, id_in(vocabulary, cls, path)}, {sep, id_in(vocabulary, sep, path)}});
  document["decoder"] = {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}};
  document["model"] = {{"type", "WordPiece"},
                       {"unk_token", unknown},
                       {"continuing_subword_prefix", "##"},
                       {"max_input_chars_per_word", 100},
                       {"vocab", vocabulary}};
  return document;
}

Json document_from_vocab_json(const fs::path& folder, const JsonField& config) {
  const fs::path path = folder / "vocab.json";
  Json vocabulary = read_json(path);
  if (!vocabulary.is_object())
    JsonField(vocabulary, path.string()).refuse("an object of tokens and their ids");
  const bool roberta = reads_as_roberta(config, vocabulary);
  const bool prefix_space = config.boolean_or("add_prefix_space", false);
  std::vector<std::string> special;
  for (const char* key : {"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token"}) {
    if (const std::string text = special_text(config, key, roberta ? "" : "<|endoftext|>"); !text.empty())
      special.push_back(text);
  }
  if (roberta) special.insert(special.end(), {"<s>", "</s>", "<unk>", "<pad>"});
  Json document;
  document["version"] = "1.0";
  document["added_tokens"] = added_tokens(vocabulary, special);
  if (roberta) {
    const std::string mask = special_text(config, "mask_token", "<mask>");
    if (vocabulary.contains(mask)) {
      document["added_tokens"].push_back(
          added_token_document({mask, id_in(vocabulary, mask, path)}, {{"lstrip", true}}));
    }
    const std::string cls = special_text(config, "cls_token", "<s>");
    const std::string sep = special_text(config, "sep_token", "</s>");
    document["post_processor"] = {{"type", "RobertaProcessing"},
                                  {"cls", {cls, id_in(vocabulary, cls, path)}},
                                  {"sep", {sep, id_in(vocabulary, sep, path)}},
                                  {"trim_offsets", config.boolean_or("trim_offsets", true)},
                                  {"add_prefix_space", prefix_space}};
  } else {
    document["post_processor"] = {{"type", "ByteLevel"}, {"trim_offsets", false}, {"add_prefix_space", true}};
  }
  document["pre_tokenizer"] = {
      {"type", "ByteLevel"}, {"add_prefix_space", prefix_space}, {"use_regex", true}};
  document["decoder"] = {{"type", "ByteLevel"}};
  document["model"] = {
      {"type", "BPE"}, {"vocab", std::move(vocabulary)}, {"merges", read_merges_txt(folder / "merges.txt")}};
  return document;
}

}  // namespace regard
