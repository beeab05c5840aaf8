#pragma once

#include "regard/cli/command.h"

namespace regard::cli {

Action declare_classify(CLI::App& app);

}  // namespace regard::cli
