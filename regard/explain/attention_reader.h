#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "regard/explain/attention_maps.h"
#include "regard/explain/relevance.h"

namespace regard::explain {

// What a head looks at, as means over its rows: shares of its weight, which may overlap, and its entropy.
struct HeadFigures {
  double entropy = 0;   // bits
  double previous = 0;  // the token before; of self-attention alone, as the next three
  double itself = 0;
  double next = 0;
  double equal = 0;    // other places of the same token; mean over the rows that have such
  double first = 0;    // the first token
  double special = 0;  // tokens that were added around the text
  std::int64_t rows = 0, equal_rows = 0;

  void add(const HeadFigures& other);  // the mean over both
};
// "previous token", "same token", "next token", "first token", "separator" (added tokens) or "equal tokens",
// whichever gets most of its weight, where that is at least half of it; else "mixed".
std::string_view role_of(const HeadFigures& figures);

// The weights of one layer's attention in 8 bits: 255 is 1.
struct LayerWeights {
  AttentionName name;
  std::int64_t heads = 0, rows = 0, keys = 0;
  std::vector<std::uint8_t> weights;  // [H,T,S]
  std::vector<HeadFigures> figures;   // of each head
  double at(std::int64_t h, std::int64_t t, std::int64_t s) const {
    return weights[static_cast<std::size_t>((h * rows + t) * keys + s)] / 255.0;
  }
};

// The tokens of a stack, as its figures need them.
struct StackTokens {
  std::vector<std::int32_t> ids;
  std::vector<bool> special;
};

// Reads all attention of a pass over one input as it comes: each layer is made, looked at, kept in 8 bits and
// forgotten.
class AttentionReader final : public Probe {
 public:
  struct Tokens {
    StackTokens encoder, decoder;
  };
  // `threads` outlives it. The same figures at any number of threads.
  AttentionReader(const ThreadPool& threads, Tokens tokens) : threads_(threads), tokens_(std::move(tokens)) {}

  bool wants(const std::string& name) override { return attention_name(name).layer >= 0; }
  std::optional<Tensor> see(const std::string& name, const Tensor& value) override;

  std::vector<LayerWeights> layers;
  Matrix encoder_rollout, decoder_rollout;  // empty where there is no such stack

 private:
  const ThreadPool& threads_;
  Tokens tokens_;
};

}  // namespace regard::explain
