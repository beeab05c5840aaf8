#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "regard/base/random.h"
#include "regard/text/subword_vocabulary.h"

// Other segmentations of the same text, drawn at random, so that a model learns from more than one. All is a
// function of the text and a key.

namespace regard {

struct SubwordSampling {
  // Of BPE: the probability with which each possible merge is passed over, anew before each merge, within a
  // word. 0 gives the usual segmentation, 1 characters. Source: Provilkov, Emelianenko, Voita, "BPE-Dropout:
  // simple and effective subword regularization" (ACL 2020), algorithm 1.
  double dropout = 0;
  // Of a unigram model: a segmentation is drawn with a probability in proportion to the alpha-th power of its
  // own; 0: none is drawn. Among all (best = 0), or among the `best` most probable ones of the whole text.
  // Source: Kudo, "Subword regularization" (ACL 2018), section 3.2.
  double alpha = 0;
  std::int64_t best = 0;

  bool any() const { return dropout > 0 || alpha > 0; }
};

// UsageError, in words of the settings, where numbers are out of range or do not suit the type: BPE has no
// probabilities, a unigram model no merges.
void require_suited(const SubwordSampling& sampling, SubwordType type);

// Immutable: threads may share it.
class SubwordSampler {
 public:
  // UsageError as require_suited.
  SubwordSampler(const SubwordVocabulary& vocabulary, const SubwordSampling& sampling);

  // Ids of the vocabulary in, others for the same text out. Ids that are no pieces of text (the end token, an
  // unknown piece) stay where they are, and what stands between them is split anew.
  std::vector<std::int32_t> sample(std::span<const std::int32_t> ids, RandomKey key) const;

 private:
  using Pieces = std::vector<std::int32_t>;  // places in pieces_
  bool sample_text(std::string_view text, RandomStream& random, Pieces& into) const;
  bool merge(std::string_view word, RandomStream& random, Pieces& into) const;
  bool draw(std::string_view word, RandomStream& random, Pieces& into) const;
  bool draw_of_best(std::string_view text, RandomStream& random, Pieces& into) const;
  std::int32_t find(std::string_view text) const;  // -1: none

  SubwordSampling sampling_;
  SubwordType type_;
  bool words_alone_ = true;  // no piece reaches from one word into the next
  std::size_t longest_ = 0;  // bytes of a piece
  std::vector<ScoredPiece> pieces_;
  std::vector<std::int32_t> by_id_;                            // places in pieces_; -1: no piece of text
  std::unordered_map<std::string_view, std::int32_t> places_;  // of the texts in pieces_
};

}  // namespace regard
