#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <unordered_map>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/text/characters.h"
#include "regard/text/sentence_piece.h"
#include "regard/text/vocabulary_files.h"
#include "regard/text/wire_format.h"

namespace regard {
namespace {

namespace fs = std::filesystem;

struct Piece {
  std::string text;
  double score = 0;
  std::uint64_t type = 1;  // 2 unknown, 3 control, 4 of the user, 6 a byte
};

// What is needed of sentencepiece_model.proto (ModelProto: pieces = 1, trainer_spec = 2, normalizer_spec =
// 3).
struct Model {
  std::vector<Piece> pieces;
  bool bpe = false;
  std::string character_map;

  std::size_t unknown() const {
    const auto found = std::find_if(pieces.begin(), pieces.end(), [](const Piece& p) { return p.type == 2; });
    return found == pieces.end() ? 0 : static_cast<std::size_t>(found - pieces.begin());
  }
};

Piece read_piece(std::string_view message, const std::string& name) {
  Piece piece;
  WireReader fields(message, name);
  while (const auto field = fields.next()) {
    if (field->number == 1 && field->bytes) piece.text = *field->bytes;
    if (field->number == 2) piece.score = std::bit_cast<float>(static_cast<std::uint32_t>(field->value));
    if (field->number == 3) piece.type = field->value;
  }
  return piece;
}

Model read_model(const fs::path& path) {
  const std::string name = path.string();
  const std::string bytes = read_text(path, std::uint64_t{256} << 20);
  check_sentence_piece_model(bytes, name);
  Model model;
  WireReader fields(bytes, name);
  while (const auto field = fields.next()) {
    if (!field->bytes) continue;
    if (field->number == 1) {
      model.pieces.push_back(read_piece(*field->bytes, name));
      continue;
    }
    WireReader inner(*field->bytes, name);
    while (const auto part = inner.next()) {
      if (field->number == 2 && part->number == 3) {
        if (part->value != 1 && part->value != 2) {
          throw InputError(name +
                           ": found a SentencePiece model of words or characters, expected unigram or BPE");
        }
        model.bpe = part->value == 2;
      }
      if (field->number == 3 && part->number == 2 && part->bytes) model.character_map = *part->bytes;
    }
  }
  return model;
}

std::string to_base64(std::string_view bytes) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto at = [&](std::size_t k) {
      return i + k < bytes.size() ? std::uint32_t{static_cast<unsigned char>(bytes[i + k])} : 0U;
    };
    const std::uint32_t bits = (at(0) << 16) | (at(1) << 8) | at(2);
    const std::size_t held = std::min<std::size_t>(bytes.size() - i, 3);
    for (std::size_t k = 0; k < 4; ++k) text += k <= held ? kDigits[(bits >> (18 - 6 * k)) & 63U] : '=';
  }
  return text;
}

// The merges that lead to each piece: SentencePiece joins the two neighbors whose piece has the best score.
Json merges_of(const std::vector<Piece>& pieces) {
  struct Split {
    std::size_t left;
    std::size_t right;
    std::size_t whole;
  };
  std::unordered_map<std::string_view, std::size_t> ids;
  for (std::size_t i = 0; i < pieces.size(); ++i) ids.emplace(pieces[i].text, i);
  std::vector<Split> splits;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const std::string_view text = pieces[i].text;
    if (pieces[i].type != 1 && pieces[i].type != 4) continue;
    const std::size_t first = splits.size();
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
      if (continues_character(text[cut])) continue;
      const auto left = ids.find(text.substr(0, cut));
      const auto right = ids.find(text.substr(cut));
      if (left != ids.end() && right != ids.end()) splits.push_back({left->second, right->second, i});
    }
    std::sort(splits.begin() + static_cast<std::ptrdiff_t>(first), splits.end(),
              [](const Split& a, const Split& b) {
                return std::pair(a.left, a.right) < std::pair(b.left, b.right);
              });
  }
  std::stable_sort(splits.begin(), splits.end(), [&](const Split& a, const Split& b) {
    return pieces[a.whole].score > pieces[b.whole].score;
  });
  Json merges = Json::array();
  for (const Split& split : splits) merges.push_back({pieces[split.left].text, pieces[split.right].text});
  return merges;
}

// How a family turns a model into a tokenizer.
struct Family {
  std::vector<Piece> pieces;
  std::size_t unknown = 0;
  Json normalizers = Json::array();
  Json pre_tokenizer;
  Json post_processor;
};

Json typed(const char* type, Json settings = Json::object()) {
  settings["type"] = type;
  return settings;
}

Json replace(const char* kind, std::string_view pattern, std::string_view content) {
  return typed("Replace", {{"pattern", {{kind, pattern}}}, {"content", content}});
}

std::vector<SpecialName> names_in(const std::vector<Piece>& pieces, std::initializer_list<std::string> texts,
                                  const std::string& file) {
  std::vector<SpecialName> names;
  for (const std::string& text : texts) {
    const auto found =
        std::find_if(pieces.begin(), pieces.end(), [&](const Piece& p) { return p.text == text; });
    if (found == pieces.end()) {
      throw InputError(fmt::format("{}: expected the piece {}, which is missing", file, printable(text)));
    }
    names.push_back({text, found - pieces.begin()});
  }
  return names;
}

Json metaspace(const char* scheme, bool split) {
  return typed("Metaspace", {{"replacement", "\u2581"}, {"prepend_scheme", scheme}, {"split", split}});
}

Family plain_family(const Model& model) {
  Family family;
  family.pieces = model.pieces;
  family.unknown = model.unknown();
  if (!model.character_map.empty())
    family.normalizers.push_back(
        typed("Precompiled", {{"precompiled_charsmap", to_base64(model.character_map)}}));
  family.pre_tokenizer =
      typed("Sequence", {{"pretokenizers", {typed("WhitespaceSplit"), metaspace("always", true)}}});
  return family;
}

Family t5(const Model& model, const JsonField& config, const std::string& file) {
  Family family = plain_family(model);
  for (std::int64_t i = config.integer_or("extra_ids", 100); i-- > 0 && family.pieces.size() < 2'000'000;)
    family.pieces.push_back({fmt::format("<extra_id_{}>", i), 0, 3});
  family.post_processor =
      template_document("$A </s>", "$A </s> $B </s>", names_in(family.pieces, {"</s>"}, file));
  return family;
}

Family albert(const Model& model, const JsonField& config, const std::string& file) {
  Family family = plain_family(model);
  Json steps = {replace("String", "``", "\""), replace("String", "''", "\"")};
  if (!config.boolean_or("keep_accents", false)) {
    steps.push_back(typed("NFKD"));
    steps.push_back(typed("StripAccents"));
  }
  if (config.boolean_or("do_lower_case", true)) steps.push_back(typed("Lowercase"));
  if (!model.character_map.empty()) steps.push_back(family.normalizers[0]);
  family.normalizers = std::move(steps);
  // Digits are to stand apart from a comma behind them.
  for (Piece& piece : family.pieces) {
    const std::string& text = piece.text;
    if (text.size() >= 2 && text.back() == ',' && text[text.size() - 2] >= '0' &&
        text[text.size() - 2] <= '9')
      piece.score -= 100;
  }
  family.post_processor = template_document("[CLS]:0 $A:0 [SEP]:0", "[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
                                            names_in(family.pieces, {"[CLS]", "[SEP]"}, file));
  return family;
}

Family big_bird(const Model& model, const JsonField&, const std::string& file) {
  Family family = plain_family(model);
  family.post_processor = template_document("[CLS]:0 $A:0 [SEP]:0", "[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
                                            names_in(family.pieces, {"[CLS]", "[SEP]"}, file));
  return family;
}

Family xlm_roberta(const Model& model, const JsonField&, const std::string& file) {
  Family family = plain_family(model);
  // fairseq's order of special tokens, in place of the model's own first three.
  std::vector<Piece> pieces = {{"<s>", 0, 3}, {"<pad>", 0, 3}, {"</s>", 0, 3}, {"<unk>", 0, 2}};
  for (std::size_t i = 3; i < model.pieces.size(); ++i) pieces.push_back(model.pieces[i]);
  pieces.push_back({"<mask>", 0, 3});
  family.pieces = std::move(pieces);
  family.unknown = 3;
  family.post_processor = template_document("<s> $A </s>", "<s> $A </s> </s> $B </s>",
                                            names_in(family.pieces, {"<s>", "</s>"}, file));
  return family;
}

Family camembert(const Model& model, const JsonField&, const std::string& file) {
  Family family = plain_family(model);
  std::vector<Piece> pieces = {{"<s>NOTUSED", 0, 3},
                               {"<pad>", 0, 3},
                               {"</s>NOTUSED", 0, 3},
                               {"<unk>", 0, 2},
                               {"<unk>NOTUSED", -100, 3}};
  pieces.insert(pieces.end(), model.pieces.begin() + 1, model.pieces.end());
  pieces.push_back({"<mask>", 0, 3});
  family.pieces = std::move(pieces);
  family.unknown = 3;
  family.post_processor = template_document("<s> $A </s>", "<s> $A </s> </s> $B </s>",
                                            names_in(family.pieces, {"<s>", "</s>"}, file));
  return family;
}

// The languages of mBART, and those that its second version has besides, in the order of their ids.
constexpr std::string_view kLanguages =
    "ar_AR cs_CZ de_DE en_XX es_XX et_EE fi_FI fr_XX gu_IN hi_IN it_IT ja_XX kk_KZ ko_KR lt_LT lv_LV my_MM "
    "ne_NP nl_XX ro_RO ru_RU si_LK tr_TR vi_VN zh_CN";
constexpr std::string_view kMoreLanguages =
    "af_ZA az_AZ bn_IN fa_IR he_IL hr_HR id_ID ka_GE km_KH mk_MK ml_IN mn_MN mr_IN pl_PL ps_AF pt_XX sv_SE "
    "sw_KE ta_IN te_IN th_TH tl_XX uk_UA ur_PK xh_ZA gl_ES sl_SI";

// The text's language is a token of its own, `src_lang` of tokenizer_config.json.
struct Languages {
  std::vector<std::string_view> lists;
  const char* single;  // {} is the language
  const char* pair;
};
Family with_languages(const Model& model, const JsonField& config, const Languages& languages) {
  Family family = xlm_roberta(model, config, config.place());
  family.pieces.pop_back();  // <mask> stands last
  for (const std::string_view list : languages.lists)
    for (std::size_t i = 0; i < list.size(); i += 6)
      family.pieces.push_back({std::string(list.substr(i, 5)), 0, 3});
  family.pieces.push_back({"<mask>", 0, 3});
  const std::string language = special_text(config, "src_lang", "en_XX");
  const auto named = [&](const char* form) { return fmt::format(fmt::runtime(form), language); };
  family.post_processor =
      template_document(named(languages.single), named(languages.pair),
                        names_in(family.pieces, {"</s>", language}, config.place() + ": src_lang"));
  return family;
}

Family mbart(const Model& model, const JsonField& config, const std::string&) {
  return with_languages(model, config, {{kLanguages}, "$A </s> {}", "$A $B </s> {}"});
}

Family mbart50(const Model& model, const JsonField& config, const std::string&) {
  Family family =
      with_languages(model, config, {{kLanguages, kMoreLanguages}, "{} $A </s>", "{} $A $B </s>"});
  family.normalizers.push_back(replace("Regex", " {2,}", " "));
  family.pre_tokenizer = metaspace("always", true);
  return family;
}

Family pegasus(const Model& model, const JsonField& config, const std::string& file) {
  Family family = plain_family(model);
  const std::int64_t offset = std::clamp<std::int64_t>(config.integer_or("offset", 103), 2, 1'000'000);
  std::vector<Piece> pieces = {{"<pad>", 0, 3}, {"</s>", 0, 3}, {"<mask_1>", 0, 3}, {"<mask_2>", 0, 3}};
  for (std::int64_t i = 2; i < offset; ++i) pieces.push_back({fmt::format("<unk_{}>", i), -100, 3});
  for (std::size_t i = 2; i < model.pieces.size(); ++i) pieces.push_back(model.pieces[i]);
  family.pieces = std::move(pieces);
  family.unknown = model.unknown() + static_cast<std::size_t>(offset);
  family.post_processor = template_document("$A </s>", "$A $B </s>", names_in(family.pieces, {"</s>"}, file));
  return family;
}

Family llama(const Model& model, const JsonField& config, const std::string& file) {
  Family family;
  family.pieces = model.pieces;
  family.unknown = model.unknown();
  const bool prefix = config.boolean_or("add_prefix_space", true);
  if (config.boolean_or("legacy", true)) {  // as SentencePiece itself: one more space, whatever stands there
    if (prefix) family.normalizers.push_back(typed("Prepend", {{"prepend", "\u2581"}}));
    family.normalizers.push_back(replace("String", " ", "\u2581"));
  } else {
    family.pre_tokenizer = metaspace(prefix ? "first" : "never", false);
  }
  const std::string bos =
      config.boolean_or("add_bos_token", true) ? special_text(config, "bos_token", "<s>") : "";
  const std::string eos =
      config.boolean_or("add_eos_token", false) ? special_text(config, "eos_token", "</s>") : "";
  std::vector<SpecialName> special;
  for (const std::string& text : {bos, eos}) {
    if (!text.empty()) special.push_back(names_in(family.pieces, {text}, file)[0]);
  }
  const auto part = [](const std::string& text, int type) {
    return text.empty() ? "" : fmt::format("{}:{}", text, type);
  };
  if (!special.empty()) {
    const std::string first = fmt::format("{} $A:0 {}", part(bos, 0), part(eos, 0));
    const std::string second = fmt::format("{} $B:1 {}", part(bos, 1), part(eos, 1));
    family.post_processor = template_document(first, first + " " + second, special);
  }
  return family;
}

struct FamilyRow {
  std::string_view name;  // begins the tokenizer_class
  Family (*make)(const Model&, const JsonField&, const std::string&);
};

constexpr FamilyRow kFamilies[] = {
    {"Albert", albert},
    {"BigBird", big_bird},
    {"Llama", llama},
    {"CodeLlama", llama},
    {"Pegasus", pegasus},
    {"XLMRoberta", xlm_roberta},
    {"T5", t5},
    {"MT5", t5},
    {"MBart50", mbart50},
    {"MBart", mbart},
    {"Camembert", camembert},
};

Family choose_family(const Model& model, const fs::path& path, const JsonField& config) {
  const std::string file = path.string();
  if (const auto name = config.find("tokenizer_class")) {
    for (const FamilyRow& row : kFamilies) {
      if (name->text().starts_with(row.name)) return row.make(model, config, file);
    }
    name->refuse("a tokenizer that a SentencePiece model alone describes (or a tokenizer.json beside it)");
  }
  if (model.bpe) return llama(model, config, file);
  return path.filename() == "sentencepiece.bpe.model" ? xlm_roberta(model, config, file)
                                                      : t5(model, config, file);
}

}  // namespace

Json document_from_sentence_piece(const fs::path& path, const JsonField& config) {
  const Model model = read_model(path);
  const Family family = choose_family(model, path, config);
  Json document;
  document["version"] = "1.0";
  document["normalizer"] = typed("Sequence", {{"normalizers", family.normalizers}});
  document["pre_tokenizer"] = family.pre_tokenizer;
  document["post_processor"] = family.post_processor;
  Json added = Json::array();
  for (std::size_t i = 0; i < family.pieces.size(); ++i) {
    const Piece& piece = family.pieces[i];
    const bool unknown = i == family.unknown;
    if (piece.type != 3 && piece.type != 4 && !unknown) continue;
    added.push_back(
        added_token_document({piece.text, static_cast<std::int64_t>(i)}, {{"special", piece.type != 4}}));
    if (piece.text == "<mask>") added.back()["lstrip"] = true;
  }
  document["added_tokens"] = added;
  if (model.bpe) {
    Json vocabulary = Json::object();
    for (std::size_t i = 0; i < family.pieces.size(); ++i) vocabulary[family.pieces[i].text] = i;
    document["model"] = typed("BPE", {{"vocab", std::move(vocabulary)},
                                      {"merges", merges_of(family.pieces)},
                                      {"unk_token", family.pieces[family.unknown].text},
                                      {"fuse_unk", true},
                                      {"byte_fallback", true}});
    document["decoder"] =
        typed("Sequence", {{"decoders",
                            {replace("String", "\u2581", " "), typed("ByteFallback"), typed("Fuse"),
                             typed("Strip", {{"content", " "}, {"start", 1}, {"stop", 0}})}}});
    return document;
  }
  Json vocabulary = Json::array();
  for (const Piece& piece : family.pieces) vocabulary.push_back(Json::array({piece.text, piece.score}));
  document["model"] =
      typed("Unigram", {{"vocab", std::move(vocabulary)},
                        {"unk_id", family.unknown},
                        {"byte_fallback", std::any_of(family.pieces.begin(), family.pieces.end(),
                                                      [](const Piece& p) { return p.type == 6; })}});
  document["decoder"] = metaspace("always", true);
  return document;
}

}  // namespace regard
