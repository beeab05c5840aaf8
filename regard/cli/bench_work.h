#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "regard/autograd/step.h"
#include "regard/kernels/weight_format.h"

namespace regard::cli {

// What the machine can do at most, measured in this process with all of its threads.
struct Peaks {
  double f32 = 0, bf16 = 0, int8 = 0;  // operations a second on registers; 0: not known how to measure
  double read = 0;                     // bytes a second from memory, of a range that no cache holds
  double of(kernels::WeightFormat format) const;
};

struct BenchOptions {
  StepOptions step;                   // threads, level and format of weights
  double seconds = 0.5;               // for each row, at least
  std::vector<std::int64_t> lengths;  // T of attention; empty: the usual ones
  enum class Sizes : std::uint8_t { usual, small } sizes = Sizes::usual;  // small: to see that it runs
  std::function<bool()> stop;
};

Peaks measure_peaks(const BenchOptions& options);

struct BenchRow {
  std::string work, shape;
  kernels::WeightFormat format = kernels::WeightFormat::as_computed;
  double seconds = 0;           // the median of the calls
  double rate = 0;              // in `unit`
  std::string unit;             // "GFLOP/s", "tokens/s"
  std::optional<double> share;  // of the peak that bounds it
  std::string bound;            // which one: "f32", "read"
};
using Report = std::function<void(const BenchRow&)>;

// Matrix products of activations and packed weights; attention and its gradient; updates of two small GPTs;
// BERT-base encoding a full and a half-padded batch; Transformer-base translating by beam search; a Llama and
// GPT-2 reading and continuing one text. One file each. Interrupted when `stop` says so, between two calls.
void bench_gemm(const BenchOptions& options, const Peaks& peaks, const Report& report);
void bench_attention(const BenchOptions& options, const Peaks& peaks, const Report& report);
void bench_train(const BenchOptions& options, const Peaks& peaks, const Report& report);
void bench_encode(const BenchOptions& options, const Peaks& peaks, const Report& report);
void bench_translate(const BenchOptions& options, const Peaks& peaks, const Report& report);
void bench_decode(const BenchOptions& options, const Peaks& peaks, const Report& report);

}  // namespace regard::cli
