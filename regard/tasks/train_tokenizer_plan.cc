#include <fmt/format.h>

#include <array>

#include "regard/base/error.h"
#include "regard/tasks/train_tokenizer.h"
#include "regard/text/byte_alphabet.h"
#include "regard/text/characters.h"
#include "regard/text/unicode.h"
#include "regard/train/setting_key.h"
#include "regard/train/settings.h"

namespace regard::tasks {
namespace {

using S = TokenizerSettings;

std::span<const train::SettingKey<S>> keys() {
  static const std::vector<train::SettingKey<S>> table{
      {{.name = "vocab_type", .choices = {"bpe", "wordpiece", "unigram"}}, &S::vocab_type},
      {{"vocab_size", 1, 1e7}, &S::vocab_size},
      {{"min_frequency", 0, 1e15}, &S::min_frequency},
      {{"limit_alphabet", 1, 1e7}, &S::limit_alphabet},
      {{"max_token_length", 1, 1e4}, &S::max_token_length},
      {{.name = "unk_token"}, &S::unk_token},
      {{.name = "continuing_subword_prefix"}, &S::continuing_subword_prefix},
      {{.name = "end_of_word_suffix"}, &S::end_of_word_suffix},
      {{.name = "normalizer", .choices = {"default", "none", "nfc", "nfkc", "bert"}}, &S::normalizer},
      {{.name = "pre_tokenizer",
        .choices = {"default", "byte_level", "whitespace", "whitespace_split", "bert", "metaspace"}},
       &S::pre_tokenizer},
      {{.name = "lowercase"}, &S::lowercase},
      {{.name = "add_prefix_space"}, &S::add_prefix_space},
      {{"shrinking_factor", 0.01, 0.99}, &S::shrinking_factor},
      {{"n_sub_iterations", 1, 100}, &S::n_sub_iterations},
      {{.name = "show_progress"}, &S::show_progress}};
  return table;
}

constexpr std::array<const char*, 2> list_keys{"special_tokens", "initial_alphabet"};

[[noreturn]] void refuse_list(const std::string& key, const Json& value, const char* expected) {
  throw UsageError(fmt::format("{}: found {}, expected {}", key, to_line(value), expected));
}

std::vector<std::string> tokens_of(const Json& value, const std::vector<std::string>& usual) {
  if (value.is_null()) return usual;
  std::vector<std::string> tokens;
  if (value.is_string()) {
    const std::string& text = value.get_ref<const std::string&>();
    for (std::size_t begin = 0; begin <= text.size() && !text.empty();) {
      const std::size_t end = std::min(text.find(',', begin), text.size());
      tokens.push_back(text.substr(begin, end - begin));
      begin = end + 1;
    }
  } else {
    if (!value.is_array()) refuse_list("special_tokens", value, "a list of texts");
    for (const Json& item : value) {
      if (!item.is_string()) refuse_list("special_tokens", value, "a list of texts");
      tokens.push_back(item.get<std::string>());
    }
  }
  for (const std::string& token : tokens)
    if (token.empty()) refuse_list("special_tokens", value, "tokens that are not empty");
  return tokens;
}

std::vector<std::string> characters_of(const Json& value) {
  std::string text;
  if (value.is_string()) text = value.get<std::string>();
  if (value.is_array())
    for (const Json& item : value) {
      if (!item.is_string()) refuse_list("initial_alphabet", value, "characters");
      text += item.get<std::string>();
    }
  std::vector<std::string> characters;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = character_length(text[i]);
    characters.push_back(text.substr(i, length));
    i += length;
  }
  return characters;
}

// What a type of vocabulary has where nothing is said.
struct Usual {
  VocabularyType type;
  std::int64_t vocab_size;
  std::vector<std::string> special_tokens;
  std::string normalizer, pre_tokenizer;
};
Usual usual_of(const TokenizerSettings& s) {
  if (s.vocab_type == "wordpiece")
    return {VocabularyType::wordpiece, 30000, {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}, "bert", "bert"};
  if (s.vocab_type == "unigram")
    return {VocabularyType::unigram, 8000, {"<pad>", "</s>", "<unk>"}, "nfkc", "metaspace"};
  const bool bytes = s.pre_tokenizer == "default" || s.pre_tokenizer == "byte_level";
  return {VocabularyType::bpe, 30000, {bytes ? "<|endoftext|>" : "[UNK]"}, "none", "byte_level"};
}

Json normalizer_of(const std::string& name, const TokenizerSettings& s) {
  if (name == "bert")
    return {{"type", "BertNormalizer"},
            {"clean_text", true},
            {"handle_chinese_chars", true},
            {"strip_accents", nullptr},
            {"lowercase", s.lowercase}};
  Json steps = Json::array();
  if (name == "nfc") steps.push_back({{"type", "NFC"}});
  if (name == "nfkc") {
    steps.push_back({{"type", "NFKC"}});
    if (s.vocab_type == "unigram")
      steps.push_back({{"type", "Replace"}, {"pattern", {{"Regex", " {2,}"}}}, {"content", " "}});
  }
  if (s.lowercase) steps.push_back({{"type", "Lowercase"}});
  if (steps.empty()) return nullptr;
  return steps.size() == 1 ? steps[0] : Json{{"type", "Sequence"}, {"normalizers", steps}};
}

void cut_by(const std::string& name, const TokenizerSettings& s, TokenizerPlan& plan) {
  if (name == "byte_level") {
    plan.pre_tokenizer = {{"type", "ByteLevel"},
                          {"add_prefix_space", s.add_prefix_space},
                          {"trim_offsets", true},
                          {"use_regex", true}};
    plan.decoder = {
        {"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", true}, {"use_regex", true}};
    plan.post_processor = {
        {"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", false}, {"use_regex", true}};
    if (s.initial_alphabet.is_null() && plan.pairs.initial_alphabet.empty())
      for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        plan.pairs.initial_alphabet.push_back(to_byte_alphabet(std::string_view(&c, 1)));
      }
  } else if (name == "metaspace") {
    const Json step{
        {"type", "Metaspace"}, {"replacement", "\u2581"}, {"prepend_scheme", "always"}, {"split", true}};
    plan.pre_tokenizer = plan.decoder = step;
  } else {
    plan.pre_tokenizer = {{"type", name == "bert"         ? "BertPreTokenizer"
                                   : name == "whitespace" ? "Whitespace"
                                                          : "WhitespaceSplit"}};
  }
  if (plan.type == VocabularyType::wordpiece)
    plan.decoder = {
        {"type", "WordPiece"}, {"prefix", plan.pairs.continuing_subword_prefix}, {"cleanup", true}};
  else if (!plan.pairs.end_of_word_suffix.empty())
    plan.decoder = {{"type", "BPEDecoder"}, {"suffix", plan.pairs.end_of_word_suffix}};
}

// [CLS] A [SEP], or A </s>, where those are special tokens.
Json template_of(const TokenizerPlan& plan) {
  const auto& special = plan.special_tokens();
  const auto id = [&](const char* token) {
    return std::find(special.begin(), special.end(), token) - special.begin();
  };
  const auto has = [&](const char* token) { return id(token) < static_cast<std::ptrdiff_t>(special.size()); };
  const auto token = [](const char* name, int type) {
    return Json{{"SpecialToken", {{"id", name}, {"type_id", type}}}};
  };
  const auto text = [](const char* name, int type) {
    return Json{{"Sequence", {{"id", name}, {"type_id", type}}}};
  };
  Json single = Json::array(), pair = Json::array(), tokens = Json::object();
  const auto list = [&](const char* name) {
    const bool shifted = plan.type == VocabularyType::unigram &&
                         std::find(special.begin(), special.end(), plan.unk_token) == special.end();
    tokens[name] = {{"id", name}, {"ids", {id(name) + (shifted ? 1 : 0)}}, {"tokens", {name}}};
  };
  if (has("[CLS]") && has("[SEP]")) {
    single = {token("[CLS]", 0), text("A", 0), token("[SEP]", 0)};
    pair = {token("[CLS]", 0), text("A", 0), token("[SEP]", 0), text("B", 1), token("[SEP]", 1)};
    list("[CLS]");
    list("[SEP]");
  } else if (plan.type == VocabularyType::unigram && has("</s>")) {
    single = {text("A", 0), token("</s>", 0)};
    pair = {text("A", 0), token("</s>", 0), text("B", 0), token("</s>", 0)};
    list("</s>");
  } else {
    return plan.post_processor;
  }
  return {{"type", "TemplateProcessing"}, {"single", single}, {"pair", pair}, {"special_tokens", tokens}};
}

}  // namespace

TokenizerSettings tokenizer_settings(const std::vector<std::pair<std::string, Json>>& settings) {
  TokenizerSettings made;
  for (const auto& [key, value] : settings) {
    if (key == list_keys[0]) {
      made.special_tokens = value;
    } else if (key == list_keys[1]) {
      if (!value.is_string() && !value.is_array()) refuse_list(key, value, "characters");
      made.initial_alphabet = value;
    } else if (!train::set_by_name(made, keys(), key, value)) {
      std::vector<std::string> known = train::names_of(keys());
      known.insert(known.end(), list_keys.begin(), list_keys.end());
      train::refuse_unknown_key(key, known);
    }
  }
  return made;
}

TokenizerPlan tokenizer_plan(const TokenizerSettings& s) {
  const Usual usual = usual_of(s);
  TokenizerPlan plan;
  plan.type = usual.type;
  plan.pairs.vocab_size = plan.unigram.vocab_size = s.vocab_size > 0 ? s.vocab_size : usual.vocab_size;
  plan.pairs.special_tokens = plan.unigram.special_tokens = tokens_of(s.special_tokens, usual.special_tokens);
  plan.pairs.initial_alphabet = plan.unigram.initial_alphabet = characters_of(s.initial_alphabet);
  plan.pairs.min_frequency = s.min_frequency;
  if (s.limit_alphabet > 0) plan.pairs.limit_alphabet = s.limit_alphabet;
  if (s.max_token_length > 0)
    plan.pairs.max_token_length = plan.unigram.max_piece_length = s.max_token_length;
  plan.pairs.continuing_subword_prefix = s.continuing_subword_prefix;
  if (plan.type == VocabularyType::wordpiece && s.continuing_subword_prefix.empty())
    plan.pairs.continuing_subword_prefix = "##";
  plan.pairs.end_of_word_suffix = s.end_of_word_suffix;
  plan.unigram.shrinking_factor = s.shrinking_factor;
  plan.unigram.n_sub_iterations = s.n_sub_iterations;
  const auto& special = plan.special_tokens();
  const auto first_of = [&](std::initializer_list<const char*> names) -> std::string {
    for (const char* name : names)
      if (std::find(special.begin(), special.end(), name) != special.end()) return name;
    return "";
  };
  plan.unk_token = s.unk_token.empty() ? first_of({"[UNK]", "<unk>", "<|endoftext|>"}) : s.unk_token;
  const std::string cut = s.pre_tokenizer == "default" ? usual.pre_tokenizer : s.pre_tokenizer;
  if (plan.type == VocabularyType::unigram) {
    if (plan.unk_token.empty()) plan.unk_token = "<unk>";
    plan.unigram.unk_token = plan.unk_token;
  } else if (!plan.unk_token.empty() && first_of({plan.unk_token.c_str()}).empty()) {
    throw UsageError(fmt::format("unk_token: found '{}', expected one of special_tokens", plan.unk_token));
  } else if (plan.type == VocabularyType::wordpiece && plan.unk_token.empty()) {
    throw UsageError("special_tokens: expected [UNK] among them, or another unk_token");
  }
  if (cut == "byte_level" && plan.type != VocabularyType::bpe)
    throw UsageError("pre_tokenizer: found byte_level, expected it with vocab_type=bpe only");
  cut_by(cut, s, plan);
  plan.normalizer = normalizer_of(s.normalizer == "default" ? usual.normalizer : s.normalizer, s);
  plan.post_processor = template_of(plan);
  return plan;
}

}  // namespace regard::tasks
