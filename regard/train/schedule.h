#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace regard::train {

// The learning rate of each update. Names are those of `lr_scheduler_type` in Hugging Face's
// TrainingArguments. Updates count from 1, and warm-up reaches the full rate at update `warmup`.
struct Schedule {
  enum class Kind : std::uint8_t { constant, constant_with_warmup, linear, cosine, inverse_sqrt };
  Kind kind = Kind::inverse_sqrt;
  double peak = 1e-3;
  std::int64_t warmup = 0;  // updates
  std::int64_t total = 0;   // updates; linear and cosine reach (almost) 0 there

  // inverse_sqrt: peak * min(n / warmup, sqrt(warmup / n)) (Vaswani et al. 2017, section 5.3); without
  // warm-up sqrt(10000 / (10000 + n - 1)), as transformers does. linear, cosine: from the peak at update
  // warmup + 1 to 1 / (total - warmup) of it, or half a cosine, at the last.
  double at(std::int64_t update) const;

  static const std::vector<std::string>& names();
  static Kind kind_named(const std::string& name);  // one of names()
};

}  // namespace regard::train
