#include "regard/text/sentence_piece.h"

#include <fmt/format.h>
#include <sentencepiece_processor.h>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/text/subword_vocabulary.h"

namespace regard {

struct SentencePiece::Impl {
  sentencepiece::SentencePieceProcessor processor;
};

SentencePiece::SentencePiece(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
SentencePiece::~SentencePiece() = default;
SentencePiece::SentencePiece(SentencePiece&&) noexcept = default;
SentencePiece& SentencePiece::operator=(SentencePiece&&) noexcept = default;

SentencePiece SentencePiece::load(const std::filesystem::path& path) {
  return from_bytes(read_text(path, std::uint64_t{256} << 20), path.string());
}

SentencePiece SentencePiece::from_bytes(std::string_view model, const std::string& name) {
  check_sentence_piece_model(model, name);
  auto impl = std::make_unique<Impl>();
  if (const auto status = impl->processor.LoadFromSerializedProto(model); !status.ok()) {
    throw InputError(fmt::format("{}: not a SentencePiece model: {}", name, status.message()));
  }
  return SentencePiece(std::move(impl));
}

std::vector<SubwordPiece> SentencePiece::encode(std::string_view text) const {
  sentencepiece::ImmutableSentencePieceText encoded;
  if (const auto status = impl_->processor.Encode(text, encoded.mutable_proto()); !status.ok()) {
    throw InputError(fmt::format("text cannot be split into subwords: {}", status.message()));
  }
  std::vector<SubwordPiece> pieces(encoded.pieces_size());
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const auto piece = encoded.pieces(static_cast<int>(i));
    const int id = static_cast<int>(piece.id());
    pieces[i] = {id, impl_->processor.IsUnknown(id), piece.piece(), piece.begin(), piece.end()};
  }
  return pieces;
}

std::string SentencePiece::decode(const std::vector<std::string>& pieces) const {
  std::string text;
  if (const auto status = impl_->processor.Decode(pieces, &text); !status.ok()) {
    throw InputError(fmt::format("subwords cannot be put together: {}", status.message()));
  }
  return text;
}

int SentencePiece::size() const { return impl_->processor.GetPieceSize(); }
const std::string& SentencePiece::piece(int id) const { return impl_->processor.IdToPiece(id); }

SubwordVocabulary SentencePiece::vocabulary() const {
  return read_subword_vocabulary(impl_->processor.serialized_model_proto(), "SentencePiece model");
}

}  // namespace regard
