#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "regard/models/text_encoder.h"

// A text encoder, or a decoder read as one, with another head than its checkpoint has: what fine-tuning
// begins with.

namespace regard::models {

struct NewHead {
  HeadKind kind = HeadKind::sequence;         // none, vocabulary, sequence, tokens or span
  std::vector<std::string> labels = {};       // of sequence and tokens, by index
  ProblemType problem = ProblemType::unsaid;  // of sequence
};

// The labels that a configuration names (id2label), by index; LABEL_0 and so on where it only counts them.
// InputError names the key where they are not numbered from 0.
std::vector<std::string> labels_of(const JsonField& config);

// The configuration with that head: `architectures` as its family calls the class, id2label, label2id and
// problem_type, as transformers writes them. InputError where the family has no such heads.
Json with_head(const Json& config, const NewHead& head, const std::string& file = "config");

// Whether the head is the configuration's own: the same kind, problem and labels, in whatever order.
bool has_head(const Json& config, const NewHead& head, const std::string& file = "config");

// The weights of a checkpoint in a model of another configuration of its shape: all of them where `config`
// has the checkpoint's head, else those of the encoder, and the head is drawn. Weights are copies, to be
// trained. InputError as for load.
std::unique_ptr<TextEncoder> load_with_head(const std::filesystem::path& directory, const Json& config,
                                            RandomKey head);

// What the names of a model's weights below a head of that kind begin with.
std::string prefix_below_head(const Json& config, HeadKind kind);

}  // namespace regard::models
