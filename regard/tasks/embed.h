#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "regard/models/text_encoder.h"
#include "regard/tasks/dense_module.h"
#include "regard/text/tokenizer.h"

namespace regard::tasks {

// How the states of a text's tokens become one vector; several are put side by side in this order, which is
// that of sentence-transformers. weighted_mean weighs token i (from 1) with i.
enum class Pooling : std::uint8_t { first, max, mean, mean_sqrt_length, weighted_mean, last };

// What a directory says about embeddings. A sentence-transformers directory says it in modules.json, the
// pooling module's config.json and sentence_bert_config.json; a plain one not at all: the mean.
struct EmbeddingForm {
  std::filesystem::path model;  // where the encoder and its tokenizer lie
  std::vector<Pooling> pooling{Pooling::mean};
  bool pools_prompt = true;        // else the prompt's tokens are read, but not pooled
  std::vector<DenseModule> dense;  // what vectors go through, one after another
  bool normalize = false;          // then they are divided by their length
  bool lowercase = false;          // texts, before they are tokenized
  std::optional<std::int64_t> max_tokens;
  std::string prompt;  // put before every text
};
// InputError names file and key: a module or setting that is not supported.
EmbeddingForm embedding_form(const std::filesystem::path& directory);
// Says the same beside a checkpoint, in the files of sentence-transformers: of one pooling.
void write_embedding_form(const EmbeddingForm& form, const std::filesystem::path& directory);

// As sentence-transformers calls them: "mean", "cls". The first: one of these names.
Pooling pooling_named(std::string_view name);
std::string_view pooling_name(Pooling pooling);

struct EmbedOptions {
  std::int64_t batch_size = 32;                    // texts computed together, at most
  std::int64_t batch_tokens = 16384;               // their tokens together, at most (but one always fits)
  std::function<bool()> cancelled = {};            // asked before every batch: Interrupted
  std::function<void(std::size_t)> embedded = {};  // texts done, after every batch
};

// An encoder with its tokenizer that makes a vector of a text. Immutable: threads may share it.
class Embedder {
 public:
  // From a sentence-transformers or a plain checkpoint directory. InputError where a file is missing, damaged
  // or not supported.
  static Embedder load(const std::filesystem::path& directory);
  Embedder(EmbeddingForm form, std::unique_ptr<const models::TextEncoder> model,
           std::unique_ptr<const Tokenizer> tokenizer);

  // One vector for each text, in order. Texts are cut to as many tokens as the directory and the model allow.
  // What a text gets does not depend on the others. Invalid UTF-8 is replaced.
  std::vector<std::vector<float>> embed(std::span<const std::string> texts, const StepOptions& step,
                                        const EmbedOptions& options = {}) const;

 private:
  std::string cased(const std::string& text) const;
  std::vector<std::int32_t> ids_of(const std::string& text) const;
  Tensor vectors_of(Step& step, const TokenBatch& batch) const;  // [B,C of a vector]

  EmbeddingForm form_;
  std::unique_ptr<const models::TextEncoder> model_;
  std::unique_ptr<const Tokenizer> tokenizer_;
  std::size_t most_tokens_ = 0;
  std::int64_t prompt_tokens_ = 0;  // that are not pooled
};

// states [N,C], f32 or f64, of one text: the vector [C * number of poolings]. The first `skipped` tokens are
// not pooled, as long as there are others; weights count from the first token whatever is skipped.
std::vector<float> pooled(const Tensor& states, std::span<const Pooling> pooling, std::int64_t skipped = 0);
// Divides a vector by its length (by 1e-12 where it is shorter).
void normalize(std::vector<float>& vector);

}  // namespace regard::tasks
