#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "regard/models/text_encoder.h"
#include "regard/text/tokenizer.h"

namespace regard::tasks {

struct FillMaskOptions {
  std::int64_t top = 5;                  // candidates for each mask
  std::int64_t batch_size = 32;          // lines computed together, at most
  std::int64_t batch_tokens = 8192;      // their tokens together, at most (but one always fits)
  std::function<bool()> cancelled = {};  // asked before every batch: Interrupted
};

struct MaskCandidate {
  std::string token;      // as text
  double score = 0;       // its probability
  std::string text;       // the line with it; other masks are filled with their own best
  std::int64_t mask = 0;  // which mask of the line, from 0
};
// Of one line: its best filling, and the candidates of each mask in turn, best first.
struct FilledLine {
  std::string text;
  std::vector<MaskCandidate> candidates;
};

// A masked language model (Devlin et al. 2019) with its tokenizer. Immutable: threads may share it.
class MaskFiller {
 public:
  // InputError: no masked language model, or a tokenizer without a mask token.
  static MaskFiller load(const std::filesystem::path& directory);
  MaskFiller(std::unique_ptr<const models::TextEncoder> model, std::unique_ptr<const Tokenizer> tokenizer);

  const std::string& mask() const { return mask_piece_; }  // what stands in a line for what is missing
  const models::TextEncoder& model() const { return *model_; }
  const Tokenizer& tokenizer() const { return *tokenizer_; }

  // In order; masks are filled independently of each other. InputError that names the line (from
  // `first_line` on): it has no mask, or is longer than the model's positions.
  std::vector<FilledLine> fill(std::span<const std::string> lines, const StepOptions& step,
                               const FillMaskOptions& options, std::size_t first_line = 1) const;

 private:
  std::unique_ptr<const models::TextEncoder> model_;
  std::unique_ptr<const Tokenizer> tokenizer_;
  std::int32_t mask_ = 0;
  std::string mask_piece_;
};

}  // namespace regard::tasks
