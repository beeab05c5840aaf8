#include "regard/text/pipeline_tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "regard/base/error.h"
#include "regard/text/byte_alphabet.h"
#include "regard/text/clean_up.h"
#include "regard/text/unicode.h"

namespace regard {
namespace {

constexpr std::size_t kMaxTextBytes = std::size_t{1} << 30;

// Valid UTF-8, copied only where it was not.
std::string_view valid_text(std::string_view text, std::string& copy) {
  if (text.size() > kMaxTextBytes) {
    throw InputError(fmt::format("a text of {} bytes: expected at most {}", text.size(), kMaxTextBytes));
  }
  if (!first_invalid_utf8(text)) return text;
  copy = replace_invalid_utf8(text);
  return copy;
}

template <class Part>
std::unique_ptr<Part> parse_part(const JsonField& document, std::string_view key,
                                 std::unique_ptr<Part> (*parse)(const JsonField&)) {
  const auto field = document.find(key);
  return field ? parse(*field) : nullptr;
}

}  // namespace

std::unique_ptr<PipelineTokenizer> PipelineTokenizer::parse(const Json& document, const std::string& file,
                                                            TokenizerNames names) {
  const JsonField field(document, file);
  if (const auto version = field.find("version")) version->one_of({"1.0"});
  std::unique_ptr<PipelineTokenizer> made(new PipelineTokenizer());
  made->names_ = std::move(names);
  made->normalizer_ = parse_part<Normalizer>(field, "normalizer", parse_normalizer);
  made->pre_tokenizer_ = parse_part<PreTokenizer>(field, "pre_tokenizer", parse_pre_tokenizer);
  made->post_processor_ = parse_part<PostProcessor>(field, "post_processor", parse_post_processor);
  made->decoder_ = parse_part<Decoder>(field, "decoder", parse_decoder);
  const JsonField model = field.at("model");
  made->model_ = parse_subword_model(model);
  const bool byte_pairs = model.has("merges");
  made->names_.clean_up_spaces =
      made->names_.clean_up_spaces && (!byte_pairs || made->names_.clean_up_byte_pairs);
  if (const auto added = field.find("added_tokens"))
    made->added_ = AddedTokens(*added, *made->model_, made->normalizer_.get());
  if (const auto truncation = field.find("truncation")) {
    made->truncation_ = parse_truncation(*truncation);
    const std::size_t added = made->post_processor_ ? made->post_processor_->added(1) : 0;
    if (made->truncation_->max_length < added)
      truncation->at("max_length").refuse(fmt::format("at least {}, the special tokens", added));
  }
  if (const auto padding = field.find("padding")) made->padding_ = parse_padding(*padding);
  return made;
}

void PipelineTokenizer::split_section(AlignedText text, Detail detail, std::vector<Token>& tokens) const {
  if (text.text().empty()) return;
  Section section;
  section.pieces = {text.all()};
  section.text = std::move(text);
  if (pre_tokenizer_) pre_tokenizer_->split(section);
  std::vector<SubwordToken> found;
  for (const ByteRange& piece : section.pieces) {
    found.clear();
    const std::string_view inside = section.text.view(piece);
    if (section.bytes) {
      model_->tokenize_bytes(inside, found);
    } else {
      model_->tokenize(inside, found);
    }
    for (const SubwordToken& token : found) {
      Token& made = tokens.emplace_back();
      made.id = token.id;
      if (detail == Detail::ids) continue;
      const ByteRange origin =
          section.text.origin(piece.begin + token.begin, piece.begin + std::max(token.end, token.begin + 1));
      made.begin = origin.begin;
      made.end = origin.end;
      const std::string_view covered = inside.substr(token.begin, token.end - token.begin);
      if (token.id != model_->shown_as_text()) {
        made.piece = model_->vocabulary().token(token.id).value_or("");
      } else {
        made.piece = section.bytes ? to_byte_alphabet(covered) : std::string(covered);
      }
    }
  }
}

void PipelineTokenizer::split_between(AlignedText text, Detail detail, std::vector<Token>& tokens) const {
  if (normalizer_) normalizer_->normalize(text);
  if (!added_.any_normalized()) return split_section(std::move(text), detail, tokens);
  for (const AddedSplit& split : added_.split_normalized(text.text())) {
    if (split.token == nullptr) {
      split_section(text.part(split.begin, split.end), detail, tokens);
      continue;
    }
    Token& made = tokens.emplace_back();
    made.id = split.token->id;
    const ByteRange origin = text.origin(split.begin, split.end);
    made.begin = origin.begin;
    made.end = origin.end;
    if (detail == Detail::pieces) made.piece = text.text().substr(split.begin, split.end - split.begin);
  }
}

std::vector<Token> PipelineTokenizer::split(std::string_view text, Detail detail) const {
  std::vector<Token> tokens;
  for (const AddedSplit& split : added_.split(text)) {
    const std::string_view part = text.substr(split.begin, split.end - split.begin);
    if (split.token == nullptr) {
      split_between(AlignedText(part, split.begin), detail, tokens);
      continue;
    }
    Token& made = tokens.emplace_back();
    made.id = split.token->id;
    made.begin = split.begin;
    made.end = split.end;
    if (detail == Detail::pieces) made.piece = part;
  }
  return tokens;
}

// mBART's frame is the text's end and the source's language, which has no name among the special tokens (nor
// has the end, where nothing stands beside tokenizer.json).
void PipelineTokenizer::name_language(std::vector<Token>& run) const {
  const auto language = id(names_.target_language);
  for (Token& token : run) {
    if (!language || !token.special) continue;
    const std::string text = piece(token.id);
    const bool named =
        text == "</s>" || std::any_of(names_.special.begin(), names_.special.end(),
                                      [&](const auto& special) { return special.second == text; });
    if (named) continue;
    token.id = *language;
    if (!token.piece.empty()) token.piece = names_.target_language;
  }
}

std::vector<Token> PipelineTokenizer::finish(TokenRuns runs, const Frame& frame,
                                             PostProcessor::Texts texts) const {
  if (runs.size() == 2) {
    for (Token& token : runs[1]) {
      token.type = 1;
      token.second = true;
    }
  }
  if (post_processor_) post_processor_->finish(runs, frame.special, texts);
  if (frame.side == TextSide::target && !names_.target_language.empty())
    for (auto& run : runs) name_language(run);
  if (runs.size() == 1) return std::move(runs[0]);
  std::vector<Token> all;
  for (auto& run : runs)
    all.insert(all.end(), std::make_move_iterator(run.begin()), std::make_move_iterator(run.end()));
  return all;
}

std::vector<Token> PipelineTokenizer::encode(std::string_view text, TextSide side) const {
  std::string copy;
  TokenRuns runs;
  const std::array<std::string_view, 1> texts = {valid_text(text, copy)};
  runs.push_back(split(texts[0], Detail::pieces));
  return finish(std::move(runs), {SpecialTokens::keep, side}, texts);
}

std::vector<std::int32_t> PipelineTokenizer::encode_ids(std::string_view text, TextSide side) const {
  std::string copy;
  TokenRuns runs;
  const std::array<std::string_view, 1> texts = {valid_text(text, copy)};
  runs.push_back(split(texts[0], Detail::ids));
  std::vector<std::int32_t> ids;
  for (const Token& token : finish(std::move(runs), {SpecialTokens::keep, side}, texts))
    ids.push_back(token.id);
  return ids;
}

Encoding PipelineTokenizer::encode(const TextPair& texts, const EncodeOptions& options) const {
  std::array<std::string, 2> copies;
  std::array<std::string_view, 2> valid = {valid_text(texts.first, copies[0]), {}};
  TruncatedTexts parts;
  parts.first.push_back(split(valid[0], Detail::pieces));
  if (texts.second) {
    valid[1] = valid_text(*texts.second, copies[1]);
    parts.second = TokenRuns{split(valid[1], Detail::pieces)};
  }
  if (options.truncation) {
    Truncation truncation = *options.truncation;
    const std::size_t added =
        options.special_tokens && post_processor_ ? post_processor_->added(texts.second ? 2 : 1) : 0;
    if (truncation.max_length < added) {
      throw UsageError(
          fmt::format("truncation: found max_length {}, expected at least {}, the special tokens",
                      truncation.max_length, added));
    }
    truncation.max_length -= added;
    truncate(parts, truncation);
  }
  const Frame frame{options.special_tokens ? SpecialTokens::keep : SpecialTokens::skip, options.side};
  Encoding made;
  const auto add = [&](std::size_t i, std::size_t k) {
    TokenRuns runs = {parts.first[i]};
    if (parts.second) runs.push_back((*parts.second)[k]);
    (i + k == 0 ? made.tokens : made.overflow.emplace_back()) = finish(std::move(runs), frame, valid);
  };
  const std::size_t seconds = parts.second ? parts.second->size() : 1;
  add(0, 0);
  // In the order of `tokenizers`: what overflows of the first text with all of the second, then the first
  // text itself with what overflows of the second.
  for (std::size_t i = 1; i < parts.first.size(); ++i) {
    for (std::size_t k = 0; k < seconds; ++k) add(i, k);
  }
  for (std::size_t k = 1; k < seconds; ++k) add(0, k);
  return made;
}

std::string PipelineTokenizer::decode(std::span<const std::int32_t> ids, SpecialTokens special) const {
  std::vector<std::string> tokens;
  tokens.reserve(ids.size());
  for (const std::int32_t id : ids) {
    if (const AddedToken* added = added_.find(id)) {
      if (special == SpecialTokens::keep || !added->special) tokens.push_back(added_.decoded_form(*added));
    } else if (const auto token = model_->vocabulary().token(id)) {
      tokens.emplace_back(*token);
    }
  }
  std::string text;
  if (decoder_) {
    decoder_->decode(tokens);
    for (const std::string& token : tokens) text += token;
  } else {
    for (const std::string& token : tokens) text += (text.empty() ? "" : " ") + token;
  }
  if (names_.clean_up_spaces) clean_up_text(text);
  return text;
}

std::string PipelineTokenizer::piece(std::int32_t id) const {
  if (const AddedToken* added = added_.find(id)) return added_.decoded_form(*added);
  return std::string(model_->vocabulary().token(id).value_or(""));
}

std::optional<std::int32_t> PipelineTokenizer::id(std::string_view piece) const {
  if (const AddedToken* added = added_.find(piece)) return added->id;
  return model_->vocabulary().find(piece);
}

std::int64_t PipelineTokenizer::vocabulary_size(TextSide) const {
  return std::max(added_.limit(), model_->vocabulary().limit());
}

SpecialIds PipelineTokenizer::special_ids() const {
  const auto named = [&](const char* name) -> std::optional<std::int32_t> {
    const auto found = names_.special.find(name);
    return found == names_.special.end() ? std::nullopt : id(found->second);
  };
  SpecialIds ids;
  ids.unknown = named("unk_token");
  ids.begin = named("bos_token");
  ids.end = named("eos_token");
  ids.padding = named("pad_token");
  ids.classification = named("cls_token");
  ids.separator = named("sep_token");
  ids.mask = named("mask_token");
  return ids;
}

}  // namespace regard
