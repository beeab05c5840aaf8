#pragma once

#include <filesystem>
#include <memory>

#include "regard/models/model.h"

namespace regard::tasks {

// The model of a checkpoint with an adapter in the form of PEFT (adapter_config.json and
// adapter_model.safetensors) added to its weights: corrections of low rank (Hu et al. 2021), W + scale B A,
// and modules that were trained whole. A head that the checkpoint lacks is that of a config.json beside the
// adapter. InputError names file and key or tensor of what is not supported (another kind of adapter, trained
// biases, ranks by pattern), missing or of another shape.
std::unique_ptr<models::Model> load_with_adapter(const std::filesystem::path& base,
                                                 const std::filesystem::path& adapter);

}  // namespace regard::tasks
