#include <array>

#include "regard/cli/command.h"

namespace regard::cli {
namespace {

constexpr std::array table{
    Command{"info", "what a model or a file holds; without one, this program and this machine",
            "regard info\nregard info opus-mt-en-zh\nregard info model.safetensors --json", declare_info},
};

}  // namespace

std::span<const Command> commands() { return table; }

}  // namespace regard::cli
