#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "regard/metrics/metric.h"

namespace regard {

// What a text is measured by: words are what white space separates, characters code points.
struct TextSize {
  std::int64_t words = 0, bytes = 0, characters = 0;
  void add(std::string_view text);
};

// How well a text is foretold: -log p of it, over its parts. Comparable between models with different
// vocabularies, but for the values per token.
struct TextLoss {
  double nats = 0;
  std::int64_t tokens = 0;
  TextSize size;

  double per_token() const;  // nats; 0 where there is nothing, so are all below
  double token_perplexity() const;
  double word_perplexity() const;
  double byte_perplexity() const;
  double bits_per_character() const;
  double bits_per_byte() const;
};
Json to_json(const TextLoss& loss);  // all of the above, by these names

// The same of segments whose log p is known: a hypothesis is "LOGP" or "LOGP TAB TOKENS", log p in nats and
// not positive, its reference the text. The score is the perplexity per token, or where no tokens are given
// per word. Rows are [nats, tokens, words, bytes, characters]. InputError: no such number.
class Perplexity final : public Metric {
 public:
  std::string name() const override { return "perplexity"; }
  std::size_t width() const override { return 5; }
  bool lower_is_better() const override { return true; }
  void count(std::string_view hypothesis, std::span<const std::string_view> references,
             std::span<double> statistics) const override;
  double score(std::span<const double> sums) const override;
  Json parts(std::span<const double> sums) const override;
  std::string settings() const override { return "log:e"; }
};

}  // namespace regard
