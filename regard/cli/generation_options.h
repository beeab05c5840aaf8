#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "regard/base/json.h"

namespace regard::cli {

// How a command that writes text searches: --config, and options for the keys that are asked for most.
class GenerationOptions {
 public:
  void declare(CLI::App& app);
  // The generation keys that were given; the single options win over --config. UsageError: it is no JSON
  // object, or an option of sampling is given without --sample.
  Json overrides() const;

 private:
  void declare_ranking(CLI::App& app);
  void declare_sampling(CLI::App& app);
  template <class T>
  CLI::Option* add(CLI::App& app, const std::string& option, const char* key, const std::string& help);

  std::string config_;
  bool sample_ = false;
  Json keys_ = Json::object();  // of the single options
};

}  // namespace regard::cli
