#pragma once

#include <map>
#include <optional>
#include <vector>

#include "regard/models/text_encoder_config.h"
#include "regard/nn/attention/attend.h"

namespace regard::models {

// Which tokens of a batch see which, layer by layer, made once for a pass and shared by the layers that are
// alike.
// What the scores of all layers have beside queries and keys.
struct EncoderTerms {
  Bias bias = no_bias();
  Var distances;  // [K,C]: what stands for a distance in terms by content; or absent
};

class EncoderAttention {
 public:
  EncoderAttention(const TextEncoderConfig& config, const EncoderInputs& inputs, EncoderTerms terms);

  const Attention& layer(std::int64_t i) const { return by_window_.at(window(i)); }

  // The same with terms by content: heads of the distances as queries [K,H,D] and as keys [K,H,D] (what is
  // absent has no term), against the queries and keys of the layer.
  struct Heads {
    Var queries, keys;
  };
  Attention layer(std::int64_t i, const Heads& tokens, const Heads& distances) const;
  const Var& distances() const { return distances_; }

  // Tokens that see all by projections of their own: their rows, and how they attend. None in most families.
  const Tensor& global_rows() const { return global_rows_; }  // i32 [K], or absent
  const Attention& global() const { return global_; }
  // usual [N,C], with the rows of the global tokens replaced by `of_global` [K,C].
  Var merged(const Var& usual, const Var& of_global) const;

 private:
  std::int64_t window(std::int64_t layer) const;
  void find_globals(const EncoderInputs& inputs);
  Mask near(std::int64_t window) const;

  const TextEncoderConfig& config_;
  std::map<std::int64_t, Attention> by_window_;
  std::vector<std::vector<std::int64_t>> globals_;  // of each example, positions
  Tensor global_rows_, place_;                      // place_ i32 [N]: a global token's row among them, else 0
  Attention global_;
  Var distances_;
  Content content_;
};

// Which tokens are global where nothing says so: the first of a text to be classified, the question's, up
// to the first separator, where a span is sought, and what stands behind it and the separator that follows
// where one of several choices is. positions[batch], in order.
std::vector<std::vector<std::int64_t>> default_globals(const TextEncoderConfig& config,
                                                       const TokenBatch& tokens);

}  // namespace regard::models
