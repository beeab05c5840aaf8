#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace regard {

struct SubwordVocabulary;

struct SubwordPiece {
  int id = 0;  // in the SentencePiece model
  bool unknown = false;
  std::string piece;  // of an unknown one: the text itself
  std::size_t begin = 0;
  std::size_t end = 0;  // bytes of the text
};

// A SentencePiece model (BPE or unigram), run by the SentencePiece library. Immutable: threads may share it.
class SentencePiece {
 public:
  // A model file. What the library takes on trust is checked first: a damaged or hostile file is an
  // InputError.
  static SentencePiece load(const std::filesystem::path& path);
  static SentencePiece from_bytes(std::string_view model, const std::string& name);
  ~SentencePiece();
  SentencePiece(SentencePiece&&) noexcept;
  SentencePiece& operator=(SentencePiece&&) noexcept;

  std::vector<SubwordPiece> encode(std::string_view text) const;  // valid UTF-8
  std::string decode(const std::vector<std::string>& pieces) const;
  int size() const;
  const std::string& piece(int id) const;  // 0 <= id < size()
  SubwordVocabulary vocabulary() const;    // as read_subword_vocabulary

 private:
  struct Impl;
  explicit SentencePiece(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

// Throws InputError unless `model` is a well-formed model whose pieces and character map can be handed to the
// library: fields inside their messages, pieces of at most 1,000 bytes without NUL, a character map whose
// trie stays inside its array (libraries up to 0.2 read beyond it; a piece of 100 kB overflows their stack).
void check_sentence_piece_model(std::string_view model, const std::string& name);

}  // namespace regard
