#pragma once

#include <memory>

#include "regard/tasks/train_translation_objective.h"

namespace regard::tasks {

// The training text stays in its files; what is validated with is in memory.
struct TranslationTexts {
  data::ParallelFiles train;
  data::ParallelText valid;
};
TranslationTexts read_texts(const TranslationTraining& training, const train::Surroundings& around);

// Reads the training text once, for its size and for what may be wrong with it. UsageError for pipes: it is
// to be read again.
struct TextSize {
  std::int64_t pairs = 0, bytes = 0;
};
TextSize count_pairs(const data::ParallelFiles& files, const train::Surroundings& around);

// A tokenizer in `folder`, learned from the training text: from all of its pairs, or, where there are more
// than vocab_sample_lines allows, from so many of them, drawn with equal chance and always the same.
struct VocabularyText {
  const data::ParallelFiles& files;
  TextSize size;  // as count_pairs
};
void learn_tokenizer(const VocabularyText& text, const std::filesystem::path& folder,
                     const TranslationSettings& settings, const train::Surroundings& around);

// The model's configuration completed by what the vocabulary decides: sizes and special ids.
Json complete_config(const Json& config, const Tokenizer& tokenizer, const TranslationSettings& settings);

// Ids of all texts, the same at any number of threads; pairs beyond the limits are left out and counted.
// InputError where nothing is left.
struct EncodingOptions {
  TranslationSettings settings;
  bool cut_sources = false;         // those beyond the limit are cut, before their last token, and counted
  std::int64_t positions = 0;       // the longest sequence that the model takes
  std::int64_t batch_tokens = 0;    // a longer sequence would fit into no batch; 0: any
  std::filesystem::path folder;     // for the training text's ids, in a temporary file; empty: in memory
  std::size_t tokens_of_empty = 1;  // of a text of nothing
};
TranslationData encode_texts(TranslationTexts texts, const Tokenizer& tokenizer,
                             const EncodingOptions& options, const train::Surroundings& around);

}  // namespace regard::tasks
