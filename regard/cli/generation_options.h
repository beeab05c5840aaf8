#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "regard/base/json.h"

namespace regard::cli {

// How a command that writes text searches: --config, --beam, --max-length, --min-length.
struct GenerationOptions {
  std::string config;
  int beam = 0;  // 0: not given, as below
  std::int64_t max_length = 0;
  std::int64_t min_length = -1;

  void declare(CLI::App& app);
  // The generation keys that were given; the single options win over --config. UsageError: it is no JSON
  // object.
  Json overrides() const;
};

}  // namespace regard::cli
