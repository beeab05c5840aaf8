#pragma once

#include <chrono>
#include <optional>
#include <utility>

#include "regard/base/progress.h"

namespace regard::cli {

// A progress line for work that is mostly over in a moment: it begins to show after three seconds.
class LateProgress {
 public:
  explicit LateProgress(ProgressOptions options) : options_(std::move(options)) {}

  void update(std::int64_t done) {
    if (!progress_ && std::chrono::steady_clock::now() - begin_ > std::chrono::seconds(3)) {
      options_.start = done;  // what was done before it shows is not in its rate
      progress_.emplace(options_);
    }
    if (progress_) progress_->update(done);
  }
  void finish() { progress_.reset(); }

 private:
  ProgressOptions options_;
  std::optional<Progress> progress_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace regard::cli
