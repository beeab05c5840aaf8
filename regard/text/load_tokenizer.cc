#include <fmt/format.h>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/text/marian_tokenizer.h"
#include "regard/text/subword_vocabulary.h"
#include "regard/text/tokenizer.h"

namespace regard {

SubwordVocabulary Tokenizer::subwords(TextSide) const {
  throw UsageError("this tokenizer has no pieces with scores, from which segmentations could be sampled");
}

std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& folder) {
  if (!present(folder))
    throw InputError(fmt::format("{}: expected a model's folder, which is missing", folder.string()));
  if (!is_folder(folder))
    throw InputError(fmt::format("{}: found a file, expected a model's folder", folder.string()));
  if (!present(folder / "source.spm") && !present(folder / "target.spm")) {
    throw InputError(fmt::format(
        "{}: expected tokenizer files (source.spm, target.spm, vocab.json), found none", folder.string()));
  }
  return std::make_unique<MarianTokenizer>(MarianTokenizer::load(folder));
}

}  // namespace regard
