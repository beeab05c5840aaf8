#pragma once

#include <functional>
#include <string_view>

namespace regard {

enum class LogLevel { debug, info, warning, error };

// Where messages go: a value that is handed down, since the library itself never prints and has no globals.
// The program gives a sink that writes to standard error; one that is empty drops everything. Messages are
// one line of UTF-8 without its end. Copies share the sink, which must be thread-safe where threads share it.
struct Log {
  std::function<void(LogLevel, std::string_view)> sink;
  LogLevel least = LogLevel::info;

  bool wants(LogLevel level) const { return sink && level >= least; }
  void write(LogLevel level, std::string_view message) const {
    if (wants(level)) sink(level, message);
  }
  void debug(std::string_view message) const { write(LogLevel::debug, message); }
  void info(std::string_view message) const { write(LogLevel::info, message); }
  void warning(std::string_view message) const { write(LogLevel::warning, message); }
  void error(std::string_view message) const { write(LogLevel::error, message); }
};

}  // namespace regard
