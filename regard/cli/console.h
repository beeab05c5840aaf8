#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "regard/autograd/step.h"
#include "regard/base/log.h"
#include "regard/base/parallel.h"
#include "regard/base/progress.h"
#include "regard/cli/output.h"
#include "regard/kernels/context.h"

namespace regard::cli {

// What every command takes.
struct Globals {
  int threads = 0;  // 0: default_threads()
  std::string device = "cpu";
  std::string dtype;  // empty: the command's own default
  std::string log_level = "info";
  bool json = false;
  bool quiet = false;
  // Read before the rest is parsed; here only so that they are declared.
  std::string options;
  bool version = false;
};

// What --dtype may be: of a pass through a model, of decoding, of training; and where it has no choice.
inline constexpr std::string_view pass_dtypes[]{"f32", "bf16", "int8", "f64"};
inline constexpr std::string_view decoding_dtypes[]{"f32", "bf16", "int8"};
inline constexpr std::string_view training_dtypes[]{"f32", "bf16"};
inline constexpr std::string_view f32_alone[]{"f32"};

// What a command works with: its output, messages, threads and the global options. One thread uses it, but
// the log may be called from any.
class Console {
 public:
  // Throws UsageError: a device, level or instruction set that this program or machine does not have.
  explicit Console(const Globals& globals);

  const Globals& globals() const { return globals_; }
  bool json() const { return globals_.json; }
  Output& out() { return out_; }
  const Log& log() const { return log_; }
  const ThreadPool& threads();                     // made at the first call
  kernels::Level level() const { return level_; }  // the best there is, or what REGARD_ISA says
  // UsageError where --dtype is none of these. To be asked before anything is read.
  void check_dtype(std::span<const std::string_view> allowed) const;
  StepOptions step_options();  // to evaluate, with the threads and level above and what --dtype says
  // For standard error: nothing is shown with --quiet.
  ProgressOptions progress(std::string_view label, std::string_view unit, std::int64_t total) const;

 private:
  Globals globals_;
  Output out_;
  Log log_;
  kernels::Level level_;
  std::unique_ptr<ThreadPool> threads_;
};

}  // namespace regard::cli
