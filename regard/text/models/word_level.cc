#include <fmt/format.h>

#include "regard/base/error.h"
#include "regard/text/models/types.h"

namespace regard::subword_models {
namespace {

// A token for each whole piece.
class WordLevel final : public SubwordModel {
 public:
  WordLevel(Vocabulary words, std::optional<std::int32_t> unknown, std::string place)
      : SubwordModel(std::move(words)), unknown_(unknown), place_(std::move(place)) {}

  void tokenize(std::string_view piece, std::vector<SubwordToken>& tokens) const override {
    auto id = vocabulary().find(piece);
    if (!id) id = unknown_;
    if (!id) {
      throw InputError(
          fmt::format("{}: found the unknown word \"{}\", expected unk_token to be in the vocabulary", place_,
                      printable(piece)));
    }
    tokens.push_back({*id, 0, static_cast<std::uint32_t>(piece.size())});
  }

 private:
  std::optional<std::int32_t> unknown_;
  std::string place_;
};

}  // namespace

std::unique_ptr<SubwordModel> parse_word_level(const JsonField& field) {
  Vocabulary words = Vocabulary::parse(field.at("vocab"));
  const auto unknown = words.find(field.text_or("unk_token", "<unk>"));
  return std::make_unique<WordLevel>(std::move(words), unknown, field.place());
}

}  // namespace regard::subword_models
