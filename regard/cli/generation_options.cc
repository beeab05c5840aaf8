#include "regard/cli/generation_options.h"

#include "regard/base/error.h"

namespace regard::cli {

void GenerationOptions::declare(CLI::App& app) {
  app.add_option("--config", config,
                 "any generation keys as JSON, e.g. '{\"num_beams\": 4}'; null unsets one");
  app.add_option("--beam", beam, "beams of the search; 1: greedy (num_beams)")->check(CLI::Range(1, 1024));
  app.add_option("--max-length", max_length, "most tokens of a result, the start token counted (max_length)")
      ->check(CLI::Range(2, 1 << 30));
  app.add_option("--min-length", min_length, "fewest tokens, the start token counted (min_length)")
      ->check(CLI::Range(0, 1 << 30));
}

Json GenerationOptions::overrides() const {
  Json keys = Json::object();
  if (!config.empty()) {
    try {
      keys = parse_json(config, "--config");
    } catch (const InputError& error) {
      throw UsageError(error.what());
    }
    if (!keys.is_object()) throw UsageError("--config: expected a JSON object such as '{\"num_beams\": 4}'");
  }
  if (beam > 0) keys["num_beams"] = beam;
  if (max_length > 0) {
    keys["max_length"] = max_length;
    keys["max_new_tokens"] = nullptr;
  }
  if (min_length >= 0) keys["min_length"] = min_length;
  return keys;
}

}  // namespace regard::cli
