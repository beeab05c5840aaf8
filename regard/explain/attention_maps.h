#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "regard/autograd/probe.h"
#include "regard/models/sequence_to_sequence.h"

namespace regard::explain {

// Which attention of an encoder-decoder.
enum class AttentionPart : std::uint8_t { encoder, decoder, cross };

// Whether a probe's name is that of the weights of a layer's attention, of which part, and which layer (-1:
// it is not).
struct AttentionName {
  AttentionPart part = AttentionPart::encoder;
  int layer = -1;
};
AttentionName attention_name(std::string_view probed);
// What the names of that attention's values begin with: "decoder.block.3.cross.attention".
std::string name_of(const AttentionName& name);

// Cross-attention of one pair: weights[layer] is [H,T,S], f32 or f64: how much target position t, when
// predicting the token after it, looks at source token s; each row sums to 1.
struct CrossAttention {
  std::vector<Tensor> weights;
};
// `source` as the encoder gets it, `inputs` as the decoder gets them (the start token first).
CrossAttention cross_attention(const models::SequenceToSequence& model, const StepOptions& options,
                               const std::vector<std::int32_t>& source,
                               const std::vector<std::int32_t>& inputs);

}  // namespace regard::explain
