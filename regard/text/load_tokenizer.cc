#include <fmt/format.h>

#include <array>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/base/rounding_json.h"
#include "regard/text/marian_tokenizer.h"
#include "regard/text/pipeline_tokenizer.h"
#include "regard/text/tokenizer.h"
#include "regard/text/unigram_scores.h"
#include "regard/text/vocabulary_files.h"

namespace regard {
namespace {

namespace fs = std::filesystem;

Json read_settings(const fs::path& path) {
  Json settings = present(path) ? read_json_rounding(path) : Json::object();
  if (!settings.is_object()) JsonField(settings, path.string()).refuse("an object");
  return settings;
}

// The names of special tokens: tokenizer_config.json's, and what it lacks from special_tokens_map.json.
TokenizerNames read_names(const fs::path& folder, const JsonField& config) {
  TokenizerNames names;
  names.clean_up_spaces = config.boolean_or("clean_up_tokenization_spaces", false);
  names.clean_up_byte_pairs =
      config.boolean_or("clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output", false);
  const fs::path map_path = folder / "special_tokens_map.json";
  const Json map = read_settings(map_path);
  const JsonField map_field(map, map_path.string());
  for (const char* key :
       {"unk_token", "bos_token", "eos_token", "pad_token", "cls_token", "sep_token", "mask_token"}) {
    const std::string text = special_text(config, key, special_text(map_field, key, ""));
    if (!text.empty()) names.special[key] = text;
  }
  if (const auto language = config.find("tgt_lang"); language && language->value().is_string())
    names.target_language = language->text();
  return names;
}

std::unique_ptr<Tokenizer> load_pipeline(const fs::path& folder, const JsonField& config) {
  TokenizerNames names = read_names(folder, config);
  const auto make = [&](const Json& document, const fs::path& file) {
    return PipelineTokenizer::parse(document, file.string(), std::move(names));
  };
  if (const fs::path file = folder / "tokenizer.json"; present(file)) {
    Json document = read_json(file);
    read_scores_as_tokenizers(document);
    return make(document, file);
  }
  if (const fs::path file = folder / "vocab.json"; present(file) && present(folder / "merges.txt"))
    return make(document_from_vocab_json(folder, config), file);
  if (const fs::path file = folder / "vocab.txt"; present(file))
    return make(document_from_vocab_txt(folder, config), file);
  static constexpr std::array<const char*, 4> kModels = {"spiece.model", "tokenizer.model",
                                                         "sentencepiece.bpe.model", "spm.model"};
  for (const char* name : kModels) {
    if (const fs::path file = folder / name; present(file))
      return make(document_from_sentence_piece(file, config), file);
  }
  throw InputError(fmt::format(
      "{}: expected tokenizer files (tokenizer.json, or vocab.txt, or vocab.json and merges.txt, or a "
      "SentencePiece model such as spiece.model, or Marian's source.spm, target.spm and vocab.json), found "
      "none",
      folder.string()));
}

}  // namespace

std::unique_ptr<Tokenizer> load_tokenizer(const fs::path& folder) {
  if (!present(folder))
    throw InputError(fmt::format("{}: expected a model's folder, which is missing", folder.string()));
  if (!is_folder(folder))
    throw InputError(fmt::format("{}: found a file, expected a model's folder", folder.string()));
  if (present(folder / "source.spm") || present(folder / "target.spm"))
    return std::make_unique<MarianTokenizer>(MarianTokenizer::load(folder));
  const fs::path path = folder / "tokenizer_config.json";
  const Json config = read_settings(path);
  return load_pipeline(folder, JsonField(config, path.string()));
}

}  // namespace regard
