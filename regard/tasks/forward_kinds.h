#pragma once

#include "regard/models/causal_model.h"
#include "regard/models/sequence_to_sequence.h"
#include "regard/models/text_encoder.h"
#include "regard/tasks/forward.h"

// The pass of each kind of model; forward() in forward.h chooses.

namespace regard::tasks {

// input_ids [B,S], attention_mask [B,S] (absent: all ones), decoder_input_ids [B,T] (absent: labels shifted
// right), decoder_attention_mask [B,T], labels [B,T] (-100: not counted). Results: logits [B,T,V],
// encoder_last_hidden_state [B,S,C], loss, encoder_hidden_states.i, decoder_hidden_states.i,
// encoder_attentions.i [B,H,S,S], decoder_attentions.i, cross_attentions.i, gradient.NAME.
std::vector<NamedTensor> forward_sequence_to_sequence(const models::SequenceToSequence& model,
                                                      const StepOptions& step, const NamedTensors& inputs,
                                                      const ForwardOptions& options);

// input_ids [B,T], attention_mask, token_type_ids and global_attention_mask [B,T], labels (vocabulary and
// tokens: [B,T], -100: not counted; replaced tokens: [B,T]; sequences: [B] or [B,L]), start_positions and
// end_positions [B]. Results: logits ([B,T,V], [B,T,L], [B,T] or [B,L]), start_logits and end_logits [B,T],
// loss; of an encoder alone last_hidden_state [B,T,C] and pooler_output [B,C]; hidden_states.i, attentions.i
// [B,H,T,T], gradient.NAME.
std::vector<NamedTensor> forward_text_encoder(const models::TextEncoder& model, const StepOptions& step,
                                              const NamedTensors& inputs, const ForwardOptions& options);

// input_ids [B,T], attention_mask [B,T] (absent: all ones; padding on either side), position_ids [B,T]
// (consecutive), labels [B,T] (the token's own, shifted here; -100: not counted). Results: logits [B,T,V], or
// of a model without a vocabulary last_hidden_state [B,T,C]; loss, hidden_states.i (the last one after the
// last norm), attentions.i [B,H,T,T], gradient.NAME.
std::vector<NamedTensor> forward_causal(const models::CausalModel& model, const StepOptions& step,
                                        const NamedTensors& inputs, const ForwardOptions& options);

}  // namespace regard::tasks
