#pragma once

#include "regard/cli/command.h"

// Commands that find parts of texts: entities, answers.

namespace regard::cli {

Action declare_answer(CLI::App& app);
Action declare_tag(CLI::App& app);

}  // namespace regard::cli
