#include "regard/cli/console.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "regard/base/error.h"
#include "regard/base/suggest.h"

namespace regard::cli {
namespace {

kernels::Level chosen_level() {
  const kernels::Level best = kernels::best_level();
  const char* forced = std::getenv("REGARD_ISA");
  if (forced == nullptr || *forced == '\0') return best;
  const auto level = kernels::level_named(forced);
  if (!level)
    throw UsageError(
        fmt::format("REGARD_ISA: found '{}', expected amx, avx512, avx2, plain or reference", forced));
  if (*level > best)
    throw UsageError(fmt::format("REGARD_ISA: found '{}', but this processor has at most {}", forced,
                                 kernels::name_of(best)));
  return *level;
}

Log make_log(const Globals& globals) {
  const std::array<std::string, 4> names{"debug", "info", "warning", "error"};
  Log log;
  const auto name = std::find(names.begin(), names.end(), globals.log_level);
  if (name == names.end())
    throw UsageError(
        fmt::format("--log-level: found '{}', expected debug, info, warning or error", globals.log_level));
  log.least = static_cast<LogLevel>(name - names.begin());
  if (globals.quiet && log.least < LogLevel::warning) log.least = LogLevel::warning;
  // One line a message, as it is: times and thread numbers would only be in the way of a person.
  auto logger = std::make_shared<spdlog::logger>("regard", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%v");
  logger->set_level(spdlog::level::trace);
  log.sink = [logger](LogLevel level, std::string_view message) {
    static constexpr std::array<std::string_view, 4> prefixes{
        "regard: debug: ", "regard: ", "regard: warning: ", "regard: error: "};
    logger->log(spdlog::level::info, "{}{}", prefixes[static_cast<std::size_t>(level)], message);
    logger->flush();
  };
  return log;
}

void check_device(const std::string& device) {
  if (device == "cpu") return;
  if (device.rfind("cuda", 0) == 0)
    throw UsageError(fmt::format(
        "--device: found '{}', but this program is built without GPU support; expected cpu", device));
  throw UsageError(fmt::format("--device: found '{}', expected cpu", device));
}

}  // namespace

Console::Console(const Globals& globals)
    : globals_(globals), log_(make_log(globals)), level_(chosen_level()) {
  check_device(globals.device);
}

const ThreadPool& Console::threads() {
  if (!threads_)
    threads_ = std::make_unique<ThreadPool>(globals_.threads > 0 ? globals_.threads : default_threads());
  return *threads_;
}

void Console::check_dtype(std::span<const std::string_view> allowed) const {
  const std::string& given = globals_.dtype;
  if (given.empty() || std::find(allowed.begin(), allowed.end(), given) != allowed.end()) return;
  std::string names(allowed.front());
  for (std::size_t i = 1; i < allowed.size(); ++i)
    names += fmt::format("{}{}", i + 1 == allowed.size() ? " or " : ", ", allowed[i]);
  throw UsageError(fmt::format("--dtype: found '{}', expected {}", given, names));
}

StepOptions Console::step_options() {
  StepOptions options;
  options.threads = &threads();
  options.level = level_;
  if (globals_.dtype == "f64") {
    options.compute = DType::f64;
    options.level = kernels::Level::reference;
  } else if (!globals_.dtype.empty()) {
    options.weights = kernels::weight_format_named(globals_.dtype);
  }
  return options;
}

ProgressOptions Console::progress(std::string_view label, std::string_view unit, std::int64_t total) const {
  ProgressOptions options;
  options.label = label;
  options.unit = unit;
  options.total = total;
  options.style = style_for(STDERR_FILENO);
  if (!globals_.quiet)
    options.sink = [](std::string_view text) {
      std::fwrite(text.data(), 1, text.size(), stderr);
      std::fflush(stderr);
    };
  return options;
}

}  // namespace regard::cli
