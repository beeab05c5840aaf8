#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "regard/autograd/var.h"
#include "regard/tasks/embed.h"
#include "regard/tensor/layout.h"

namespace regard::tasks {

// One vector of each sequence's states, to be trained: [N,C] -> [B,C]. Of all poolings but the maximum.
Var pooled_states(const Var& hidden, const Layout& layout, Pooling pooling);

// The names of those poolings, as sentence-transformers has them.
std::vector<std::string> trained_poolings();
// InputError where an embedding is not one such pooling alone; `init` is where that was said.
void require_trained_pooling(const EmbeddingForm& form, const std::filesystem::path& init);

}  // namespace regard::tasks
