#pragma once

#include <functional>

#include "regard/train/loop.h"

namespace regard::tasks {

// Calls `encode` for each of `count` texts, the threads sharing them. Interrupted where `stop` says so
// before.
void encode_each(const train::Surroundings& around, std::size_t count,
                 const std::function<void(std::size_t text)>& encode);

}  // namespace regard::tasks
