#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace regard {

enum class SubwordType { bpe, unigram };

struct SubwordOptions {
  SubwordType type = SubwordType::bpe;
  std::int64_t vocab_size = 8000;  // with the three special tokens; text with too few subwords gives fewer
  bool joint = true;               // one vocabulary for both sides
  std::string source_language;     // for tokenizer_config.json; may be empty
  std::string target_language;
};

// The next line, valid until the next call; nothing at the end. May throw.
using LineSource = std::function<std::optional<std::string_view>()>;

struct ParallelLines {
  LineSource source;
  LineSource target;
};

// Learns a SentencePiece model from lines and returns it in serialized form. Ids: </s> 0, <unk> 1, <pad> 2,
// then the pieces; every character of the text is covered. Deterministic: no line is sampled, no thread count
// enters. Lines of more than 65,536 bytes, or with a tab, are left out, as the library does. InputError: the
// text is empty, or has more different characters than `vocab_size` holds.
std::string train_subwords(const LineSource& lines, const SubwordOptions& options);

// Learns the vocabulary of a Marian model and writes source.spm, target.spm, vocab.json (and
// target_vocab.json where vocabularies are separate) and tokenizer_config.json to `folder`, which must exist:
// MarianTokenizer here and in `transformers` load them.
void train_marian_tokenizer(const ParallelLines& lines, const std::filesystem::path& folder,
                            const SubwordOptions& options);

}  // namespace regard
