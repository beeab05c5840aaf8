#pragma once

#include <filesystem>
#include <string>

#include "regard/base/file.h"
#include "regard/base/json.h"
#include "regard/models/registry.h"

namespace regard::testing_support {

// A BERT of a few words with drawn weights and its tokenizer; `architecture` as in transformers.
inline void make_small_encoder(const std::filesystem::path& folder, const std::string& architecture) {
  std::filesystem::create_directories(folder);
  write_atomically(folder / "vocab.txt",
                   "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nman\ndog\nhorse\nrides\nruns\nthe\n##s\n.\n");
  write_atomically(folder / "tokenizer_config.json", to_pretty({{"mask_token", "[MASK]"},
                                                                {"unk_token", "[UNK]"},
                                                                {"pad_token", "[PAD]"},
                                                                {"cls_token", "[CLS]"},
                                                                {"sep_token", "[SEP]"}}));
  const Json config{{"model_type", "bert"},    {"architectures", {architecture}}, {"vocab_size", 14},
                    {"hidden_size", 8},        {"num_hidden_layers", 2},          {"num_attention_heads", 2},
                    {"intermediate_size", 12}, {"max_position_embeddings", 10},   {"type_vocab_size", 2},
                    {"pad_token_id", 0}};
  models::save(*models::create(config, RandomKey{3}), folder);
}

}  // namespace regard::testing_support
