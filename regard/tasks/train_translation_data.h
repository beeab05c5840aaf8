#pragma once

#include <memory>

#include "regard/tasks/train_translation_objective.h"

namespace regard::tasks {

// Texts as they were read.
struct TranslationTexts {
  data::ParallelText train, valid;
};
TranslationTexts read_texts(const TranslationTraining& training, const train::Surroundings& around);

// The files of a tokenizer and of generation in a checkpoint's directory, where they are there.
void copy_tokenizer(const std::filesystem::path& from, const std::filesystem::path& to);

// A tokenizer in `folder`, learned from the training texts.
void learn_tokenizer(const TranslationTexts& texts, const std::filesystem::path& folder,
                     const TranslationSettings& settings);

// The model's configuration completed by what the vocabulary decides: sizes and special ids.
Json complete_config(const Json& config, const Tokenizer& tokenizer, const TranslationSettings& settings);

// Ids of all texts; pairs beyond the limits are left out and counted. InputError where nothing is left.
struct EncodingOptions {
  TranslationSettings settings;
  std::int64_t positions = 0;     // the longest sequence that the model takes
  std::int64_t batch_tokens = 0;  // a longer sequence would fit into no batch; 0: any
};
TranslationData encode_texts(TranslationTexts texts, const Tokenizer& tokenizer,
                             const EncodingOptions& options, const train::Surroundings& around);

}  // namespace regard::tasks
