#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "regard/base/json.h"
#include "regard/text/vocabulary.h"

namespace regard {

// A token within a piece: its id and the bytes that it covers.
struct SubwordToken {
  std::int32_t id = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

// How a tokenizer splits a piece of text into tokens of its vocabulary: one of the types of tokenizer.json's
// "model". Immutable as seen from outside: threads may share one.
class SubwordModel {
 public:
  explicit SubwordModel(Vocabulary vocabulary) : vocabulary_(std::move(vocabulary)) {}
  virtual ~SubwordModel() = default;
  SubwordModel(const SubwordModel&) = delete;
  SubwordModel& operator=(const SubwordModel&) = delete;

  const Vocabulary& vocabulary() const { return vocabulary_; }

  // Appends the tokens of a piece that is not empty. InputError: a character is unknown and the model has no
  // token for that.
  virtual void tokenize(std::string_view piece, std::vector<SubwordToken>& tokens) const = 0;

  // The same for a piece whose bytes stand for the characters of the byte alphabet.
  virtual void tokenize_bytes(std::string_view piece, std::vector<SubwordToken>& tokens) const;

  // The id of an unknown piece which is shown as its own text; negative where there is none.
  virtual std::int32_t shown_as_text() const { return -1; }

 private:
  Vocabulary vocabulary_;
};

// The field "model" of tokenizer.json. InputError names the field.
std::unique_ptr<SubwordModel> parse_subword_model(const JsonField& field);

}  // namespace regard
