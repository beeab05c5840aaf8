#include "regard/text/added_tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

namespace regard {
namespace {

constexpr std::int64_t kMaxIds = std::int64_t{1} << 24;
constexpr std::size_t kMaxBytes = 4096;

bool is_space(char32_t c) { return belongs(c, CharacterClass::white_space); }

std::size_t begin_of_space_before(std::string_view text, std::size_t at) {
  while (at > 0) {
    const std::size_t last = last_character(text.substr(0, at));
    if (!is_space(character_at(text, last).code)) break;
    at = last;
  }
  return at;
}

std::size_t end_of_space_behind(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(character_at(text, at).code)) at += character_at(text, at).length;
  return at;
}

AddedToken parse_token(const JsonField& field) {
  AddedToken token;
  const JsonField content = field.at("content");
  token.content = content.text();
  if (token.content.size() > kMaxBytes) content.refuse(fmt::format("at most {} bytes", kMaxBytes));
  token.special = field.boolean_or("special", false);
  token.single_word = field.boolean_or("single_word", false);
  token.lstrip = field.boolean_or("lstrip", false);
  token.rstrip = field.boolean_or("rstrip", false);
  token.normalized = field.boolean_or("normalized", !token.special);
  return token;
}

}  // namespace

AddedTokens::AddedTokens(const JsonField& list, const SubwordModel& model, const Normalizer* normalizer) {
  auto next = static_cast<std::int32_t>(model.vocabulary().size());
  std::unordered_set<std::int64_t> written_ids;
  for (const JsonField& item : list.items()) {
    AddedToken token = parse_token(item);
    const JsonField id = item.at("id");
    if (!written_ids.insert(id.integer_within(0, kMaxIds - 1)).second) id.refuse("an id that stands once");
    if (token.content.empty()) continue;
    if (by_content_.contains(token.content)) item.at("content").refuse("a token that stands once");
    const auto known = model.vocabulary().find(token.content);
    token.id = known ? *known : next++;
    limit_ = std::max(limit_, token.id + 1);
    AlignedText form(token.content, 0);
    if (token.normalized && normalizer != nullptr) normalizer->normalize(form);
    forms_.push_back(form.text());
    by_id_[token.id] = tokens_.size();
    by_content_[token.content] = tokens_.size();
    tokens_.push_back(std::move(token));
  }
  std::vector<ByteTrie::Entry> plain;
  std::vector<ByteTrie::Entry> normalized;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    if (!forms_[i].empty())
      (tokens_[i].normalized ? normalized : plain).push_back({forms_[i], static_cast<std::int32_t>(i)});
  }
  plain_ = make_matcher(plain);
  normalized_ = make_matcher(normalized);
}

AddedTokens::Matcher AddedTokens::make_matcher(const std::vector<ByteTrie::Entry>& entries) {
  Matcher made;
  made.any = !entries.empty();
  for (const ByteTrie::Entry& entry : entries) made.begins[static_cast<unsigned char>(entry.text[0])] = true;
  made.trie = ByteTrie(entries);
  return made;
}

bool AddedTokens::stands_alone(std::string_view text, std::size_t begin, std::size_t end) const {
  const auto is_word = [&](std::size_t at) {
    return belongs(character_at(text, at).code, CharacterClass::word);
  };
  return (begin == 0 || !is_word(last_character(text.substr(0, begin)))) &&
         (end == text.size() || !is_word(end));
}

std::vector<AddedSplit> AddedTokens::split_by(const Matcher& matcher, std::string_view text) const {
  std::vector<AddedSplit> splits;
  std::size_t open = 0;
  for (std::size_t at = 0; matcher.any && at < text.size();) {
    if (!matcher.begins[static_cast<unsigned char>(text[at])]) {
      ++at;
      continue;
    }
    const AddedToken* token = nullptr;
    std::size_t end = at;
    ByteTrie::Node node = matcher.trie.root();
    for (std::size_t i = at; i < text.size(); ++i) {
      node = matcher.trie.step(node, text[i]);
      if (node == ByteTrie::kNone) break;
      if (const std::int32_t found = matcher.trie.value(node); found != ByteTrie::kNoValue) {
        token = &tokens_[static_cast<std::size_t>(found)];
        end = i + 1;
      }
    }
    if (token == nullptr) {
      ++at;
      continue;
    }
    if (!token->single_word || stands_alone(text, at, end)) {
      const std::size_t begin = std::max(open, token->lstrip ? begin_of_space_before(text, at) : at);
      const std::size_t stop = token->rstrip ? end_of_space_behind(text, end) : end;
      if (open < begin) splits.push_back({open, begin, nullptr});
      if (begin < stop) splits.push_back({begin, stop, token});
      open = std::max(open, stop);
    }
    at = end;
  }
  if (open < text.size()) splits.push_back({open, text.size(), nullptr});
  return splits;
}

const AddedToken* AddedTokens::find(std::int32_t id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &tokens_[found->second];
}

const AddedToken* AddedTokens::find(std::string_view content) const {
  const auto found = by_content_.find(std::string(content));
  return found == by_content_.end() ? nullptr : &tokens_[found->second];
}

const std::string& AddedTokens::decoded_form(const AddedToken& token) const {
  return forms_[static_cast<std::size_t>(&token - tokens_.data())];
}

}  // namespace regard
