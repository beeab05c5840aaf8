#include "regard/cli/generation_options.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "regard/base/error.h"

namespace regard::cli {
namespace {

// A number between bounds; what CLI::Range takes NaN for.
CLI::Validator number_within(double least, double most) {
  return CLI::Validator(
      [least, most](std::string& text) -> std::string {
        double value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error == std::errc{} && end == text.data() + text.size() && value >= least && value <= most)
          return "";
        return fmt::format("found '{}', expected a number from {} to {}", text, least, most);
      },
      "NUMBER");
}

constexpr std::array<std::pair<const char*, const char*>, 5> of_sampling{{{"temperature", "--temperature"},
                                                                          {"top_k", "--top-k"},
                                                                          {"top_p", "--top-p"},
                                                                          {"min_p", "--min-p"},
                                                                          {"seed", "--seed"}}};

}  // namespace

template <class T>
CLI::Option* GenerationOptions::add(CLI::App& app, const std::string& option, const char* key,
                                    const std::string& help) {
  return app.add_option_function<T>(
      option, [this, key](const T& value) { keys_[key] = value; }, help);
}

void GenerationOptions::declare_ranking(CLI::App& app) {
  constexpr double many = 1000;
  add<double>(app, "--length-penalty", "length_penalty",
              "the exponent of the length that scores are divided by; 0: not (length_penalty)")
      ->check(number_within(-many, many));
  add<std::string>(app, "--length-normalization", "length_normalization",
                   "what is raised to it: power (the length, as transformers and Marian; default) or gnmt "
                   "((5 + length) / 6)")
      ->check(CLI::IsMember({"power", "gnmt"}));
  add<double>(app, "--word-penalty", "word_penalty",
              "taken from the sum of log p for each token; below 0 it lengthens results")
      ->check(number_within(-many, many));
  add<double>(app, "--coverage-penalty", "coverage_penalty",
              "how much it counts that source tokens got too little attention (GNMT's beta, e.g. 0.2)")
      ->check(number_within(0, many));
}

void GenerationOptions::declare_sampling(CLI::App& app) {
  app.add_flag("--sample", sample_, "draw each token instead of searching (do_sample)");
  add<double>(app, "--temperature", "temperature", "with --sample: below 1 likelier tokens gain")
      ->check(number_within(1e-6, 1e6));
  add<std::int64_t>(app, "--top-k", "top_k", "with --sample: only the k likeliest; 0: all (default: 50)")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 30));
  add<double>(app, "--top-p", "top_p", "with --sample: only the likeliest that make up this probability")
      ->check(number_within(0, 1));
  add<double>(app, "--min-p", "min_p",
              "with --sample: only what has this share of the likeliest's probability")
      ->check(number_within(0, 1));
  add<std::int64_t>(app, "--seed", "seed", "with --sample: of the draws; the same seed, the same samples")
      ->check(CLI::Range(std::int64_t{0}, INT64_MAX));
}

void GenerationOptions::declare(CLI::App& app) {
  app.add_option("--config", config_,
                 "any generation keys as JSON, e.g. '{\"num_beams\": 4}'; null unsets one");
  add<int>(app, "--beam", "num_beams", "beams of the search; 1: greedy (num_beams)")
      ->check(CLI::Range(1, 1024));
  add<std::int64_t>(app, "--max-length", "max_length",
                    "most tokens of a result, the start token counted (max_length)")
      ->check(CLI::Range(2, 1 << 30));
  add<std::int64_t>(app, "--max-new-tokens", "max_new_tokens",
                    "most tokens of a result, the start token or prompt not counted (max_new_tokens)")
      ->check(CLI::Range(1, 1 << 30));
  add<std::int64_t>(app, "--min-length", "min_length", "fewest tokens, the start token counted (min_length)")
      ->check(CLI::Range(0, 1 << 30));
  declare_ranking(app);
  declare_sampling(app);
}

Json GenerationOptions::overrides() const {
  Json keys = Json::object();
  if (!config_.empty()) {
    try {
      keys = parse_json(config_, "--config");
    } catch (const InputError& error) {
      throw UsageError(error.what());
    }
    if (!keys.is_object()) throw UsageError("--config: expected a JSON object such as '{\"num_beams\": 4}'");
  }
  if (sample_) {
    keys["do_sample"] = true;
    if (!keys.contains("num_beams")) keys["num_beams"] = 1;
  }
  if (keys.value("do_sample", Json(false)) != true)
    for (const auto& [key, option] : of_sampling)
      if (keys_.contains(key)) throw UsageError(fmt::format("{} acts only with --sample", option));
  if (keys_.contains("max_length") && !keys_.contains("max_new_tokens")) keys["max_new_tokens"] = nullptr;
  keys.update(keys_);
  return keys;
}

}  // namespace regard::cli
