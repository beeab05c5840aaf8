#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "regard/base/json.h"
#include "regard/text/byte_trie.h"
#include "regard/text/normalizer.h"
#include "regard/text/subword_model.h"

namespace regard {

// A text that is one token wherever it stands. The names are those of tokenizer.json.
struct AddedToken {
  std::string content;
  std::int32_t id = 0;
  bool single_word = false;  // only where no word character is next to it
  bool lstrip = false;       // takes the white space before it along
  bool rstrip = false;
  bool normalized = true;  // looked for, in its normalized form, in normalized text
  bool special = false;    // left out when ids are read as text
};

// A part of a text: an added token, or what lies between.
struct AddedSplit {
  std::size_t begin = 0;
  std::size_t end = 0;
  const AddedToken* token = nullptr;
};

// The field "added_tokens" of tokenizer.json.
class AddedTokens {
 public:
  AddedTokens() = default;
  // Ids are given as `tokenizers` gives them, whatever the file says: a content that the model has keeps its
  // id, others follow the size of the model's vocabulary in the order of the list. InputError names the
  // field.
  AddedTokens(const JsonField& list, const SubwordModel& model, const Normalizer* normalizer);

  // Cuts a text at the tokens that are looked for before, or after, normalization; the longest of those that
  // begin leftmost. The parts cover the text.
  std::vector<AddedSplit> split(std::string_view text) const { return split_by(plain_, text); }
  std::vector<AddedSplit> split_normalized(std::string_view text) const {
    return split_by(normalized_, text);
  }
  bool any_normalized() const { return normalized_.any; }

  const AddedToken* find(std::int32_t id) const;
  const AddedToken* find(std::string_view content) const;
  // The token as a decoder must see it: in normalized form where it is looked for so.
  const std::string& decoded_form(const AddedToken& token) const;
  std::int32_t limit() const { return limit_; }  // the greatest id + 1

 private:
  struct Matcher {
    ByteTrie trie;                   // values are positions in tokens_
    std::array<bool, 256> begins{};  // by first byte
    bool any = false;
  };

  static Matcher make_matcher(const std::vector<ByteTrie::Entry>& entries);
  std::vector<AddedSplit> split_by(const Matcher& matcher, std::string_view text) const;
  bool stands_alone(std::string_view text, std::size_t begin, std::size_t end) const;

  std::vector<AddedToken> tokens_;
  std::vector<std::string> forms_;  // normalized, by token
  std::unordered_map<std::int32_t, std::size_t> by_id_;
  std::unordered_map<std::string, std::size_t> by_content_;
  Matcher plain_;
  Matcher normalized_;
  std::int32_t limit_ = 0;
};

}  // namespace regard
