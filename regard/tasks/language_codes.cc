#include "regard/tasks/language_codes.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/base/rounding_json.h"

namespace regard::tasks {
namespace {

namespace fs = std::filesystem;

std::int32_t id_of(const Tokenizer& tokenizer, const char* key, const std::string& name) {
  if (const auto id = tokenizer.id(name)) return *id;
  throw UsageError(fmt::format(
      "{}: found \"{}\", expected a language that the tokenizer knows, such as en_XX", key, name));
}

Json settings_in(const fs::path& folder) {
  const fs::path file = folder / "tokenizer_config.json";
  return fs::exists(file) ? read_json_rounding(file) : Json::object();
}

std::string target_name(const LanguageNames& names, const Json& settings, const Tokenizer& tokenizer,
                        const Json& config) {
  if (!names.target.empty()) return names.target;
  if (const auto known = settings.find("tgt_lang"); known != settings.end() && known->is_string())
    return known->get<std::string>();
  const auto special = tokenizer.special_ids();
  for (const char* key : {"forced_bos_token_id", "decoder_start_token_id"}) {
    const auto id = config.find(key);
    if (id == config.end() || !id->is_number_integer()) continue;
    const auto token = id->get<std::int32_t>();
    if (token != special.end && token != special.begin && token != special.padding)
      return tokenizer.piece(token);
  }
  throw UsageError("tgt_lang: missing, expected the targets' language, such as --set tgt_lang=ro_RO");
}

struct Replacement {
  std::string from, to;
  std::int32_t id = 0;
};

// Of the template that puts special tokens beside a text.
void replace_in_template(Json& processor, const Replacement& token) {
  for (const char* form : {"single", "pair"})
    for (Json& piece : processor.at(form))
      if (piece.contains("SpecialToken") && piece["SpecialToken"]["id"] == token.from)
        piece["SpecialToken"]["id"] = token.to;
  processor["special_tokens"].erase(token.from);
  processor["special_tokens"][token.to] = {{"id", token.to}, {"ids", {token.id}}, {"tokens", {token.to}}};
}

}  // namespace

// The one token beside an empty text that does not end it.
LanguageCode language_code(const Tokenizer& tokenizer, TextSide side, const fs::path& folder) {
  const std::vector<std::int32_t> ids = tokenizer.encode_ids("", side);
  const auto named = tokenizer.special_ids().end;
  const auto end = named ? named : tokenizer.id("</s>");
  if (ids.size() != 2 || !end || (ids[0] == *end) == (ids[1] == *end))
    throw InputError(fmt::format(
        "{}: found a tokenizer that puts {} tokens beside a text, expected its end and a language "
        "(MBartTokenizer or MBart50Tokenizer)",
        folder.string(), ids.size()));
  if (ids[0] == *end) return {ids[1], LanguageCode::Place::behind_end};
  return {ids[0], LanguageCode::Place::before};
}

void write_languages(const LanguageNames& names, const fs::path& folder, const Json& config) {
  const auto tokenizer = load_tokenizer(folder);
  const LanguageCode code = language_code(*tokenizer, TextSide::source, folder);
  Json settings = settings_in(folder);
  const std::string before = tokenizer->piece(code.id);
  const std::string source = names.source.empty() ? before : names.source;
  const std::string target = target_name(names, settings, *tokenizer, config);
  const std::int32_t source_id = id_of(*tokenizer, "src_lang", source);
  id_of(*tokenizer, "tgt_lang", target);
  settings["src_lang"] = source;
  settings["tgt_lang"] = target;
  const fs::path document = folder / "tokenizer.json";
  if (source != before && fs::exists(document)) {
    Json json = read_json(document);
    Json& processor = json["post_processor"];
    if (processor.value("type", "") != "TemplateProcessing")
      throw InputError(fmt::format("{}: post_processor.type: found {}, expected TemplateProcessing",
                                   document.string(), to_line(processor.value("type", Json()))));
    replace_in_template(processor, {before, source, source_id});
    write_atomically(document, to_pretty(json));
  }
  write_atomically(folder / "tokenizer_config.json", to_pretty(settings));
}

}  // namespace regard::tasks
