#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "regard/cli/command.h"

namespace regard::cli {

// `regard train tokenizer`.
struct TrainTokenizerOptions {
  std::vector<std::string> train;
  std::filesystem::path output;
  std::vector<std::string> settings;
};
void train_tokenizer(const TrainTokenizerOptions& options, Console& console);

}  // namespace regard::cli
