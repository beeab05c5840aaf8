#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "regard/models/sequence_to_sequence.h"

// A model may be trained in a form with fewer weights than the family that it is written as can express:
// transformers' Marian has neither grouped key/value heads nor shared layers. It is then trained (and kept in
// checkpoints) in Regard's own form, and written with those weights repeated, which gives the same answers.

namespace regard::models {

struct TrainedForm {
  Json config;             // of the model that is trained
  std::string written_as;  // the model_type of the finished one
};

// What becomes of a configuration in which any key of Regard's own form may stand (see native.h).
// `model_type` is what the user wants; where it is missing the shape decides between marian and pegasus.
// UsageError where that family cannot hold the shape: by which key, why, and what would be possible.
// InputError where a value is impossible.
TrainedForm trained_form(const Json& config, const std::string& file = "config");

// The class of a family in transformers, as config.json names it. The family is one that trained_form gave.
std::string architecture_of(std::string_view family);

// Whether training may choose the shape of that family's models (marian, pegasus, regard); models of others
// are trained further as they are.
bool has_open_shape(std::string_view family);

// A checkpoint's configuration as one to start from: what its family implies said by keys, and the family
// left open, unless it is Regard's own form; unchanged where its shape is not open.
Json open_config(const Json& config, const std::string& file);

// The same function as a model of that family, its weights copied and repeated where they must be; the family
// is one that trained_form gave for its configuration.
std::unique_ptr<SequenceToSequence> converted(const SequenceToSequence& model, std::string_view family);

}  // namespace regard::models
