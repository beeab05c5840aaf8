#pragma once

#include <span>

namespace regard::models {

// A decoder in the middle of its work: caches of one batch of hypotheses (rows), inside one step.
class DecodingState {
 public:
  virtual ~DecodingState() = default;
  // Row r goes on from what row parents[r] was; the number of rows may change (beams are chosen, finished
  // ones dropped).
  virtual void reorder(std::span<const int> parents) = 0;
};

}  // namespace regard::models
