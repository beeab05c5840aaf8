#pragma once

#include "regard/data/token_stream.h"
#include "regard/tasks/train_text_config.h"
#include "regard/text/character_vocabulary.h"
#include "regard/text/tokenizer.h"

namespace regard::tasks {

struct TextData {
  data::TokenStream train, valid;
};

// A tokenizer in `folder`, learned from the training text.
struct TokenizerWish {
  const TextSettings& settings;
  TextUse use;
};
void learn_text_tokenizer(const data::TextFiles& files, const std::filesystem::path& folder,
                          const TokenizerWish& wish, const train::Surroundings& around);

// The ids of all documents, each followed by the end token where the tokenizer has one; no other special
// tokens. The same at any number of threads. InputError where there is nothing to predict.
data::TokenStream encode_documents(const data::TextFiles& files, const Tokenizer& tokenizer,
                                   std::unique_ptr<data::IdStore> store, const train::Surroundings& around);

}  // namespace regard::tasks
