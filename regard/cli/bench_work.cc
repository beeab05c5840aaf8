#include "regard/cli/bench_work.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>

#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/ops/vocabulary_loss.h"
#include "regard/base/error.h"
#include "regard/kernels/cpu/peak.h"
#include "regard/kernels/matmul.h"
#include "regard/models/causal_model.h"
#include "regard/models/registry.h"
#include "regard/nn/attention/attend.h"
#include "regard/train/optimizer.h"

namespace regard::cli {
namespace {

using kernels::WeightFormat;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// The median time of a call, of at least three; the first one, which packs and fills caches, does not count.
double time_of(const BenchOptions& options, const std::function<void()>& call) {
  std::vector<double> times;
  call();
  for (const auto begin = Clock::now(); times.size() < 3 || seconds_since(begin) < options.seconds;) {
    if (options.stop && options.stop()) throw Interrupted("interrupted");
    const auto start = Clock::now();
    call();
    times.push_back(seconds_since(start));
  }
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return times[times.size() / 2];
}

kernels::Context context_of(const BenchOptions& options) {
  return {options.step.threads, options.step.level, Device::cpu()};
}

Tensor drawn(const Shape& shape, std::uint64_t seed) {
  RandomStream random(RandomKey{seed});
  Tensor t = Tensor::empty(shape, DType::f32);
  auto* const x = t.mutable_view().as<float>();
  for (std::int64_t i = 0; i < t.elements(); ++i) x[i] = static_cast<float>(random.uniform() - 0.5);
  return t;
}

std::optional<double> share_of(double rate, double peak) {
  if (peak <= 0) return std::nullopt;
  return rate / peak;
}

bool small(const BenchOptions& options) { return options.sizes == BenchOptions::Sizes::small; }

// All formats, or the one that was asked for.
std::vector<WeightFormat> formats_of(const BenchOptions& options) {
  if (options.step.weights) return {*options.step.weights};
  return {WeightFormat::as_computed, WeightFormat::bf16, WeightFormat::int8};
}

// On tiles attention multiplies in bf16 where the weights are bf16; else in f32, whatever they are.
std::vector<WeightFormat> formats_of_attention(const BenchOptions& options) {
  const auto f32 = WeightFormat::as_computed, bf16 = WeightFormat::bf16;
  if (options.step.level != kernels::Level::amx) return {f32};
  if (!options.step.weights) return {f32, bf16};
  return {*options.step.weights == bf16 ? bf16 : f32};
}

double peak_of(const BenchOptions& options, WeightFormat format) {
  const kernels::cpu::PeakChains chains = kernels::cpu::peak_chains(options.step.level, format);
  if (chains.run == nullptr) return 0;
  const std::int64_t threads = options.step.threads->threads();
  double best = 1e30;
  for (int attempt = 0; attempt < 9; ++attempt) {
    const auto begin = Clock::now();
    options.step.threads->run(threads, [&](std::int64_t) { chains.run(); });
    best = std::min(best, seconds_since(begin));
  }
  return chains.operations * static_cast<double>(threads) / best;
}

double read_bandwidth(const BenchOptions& options) {
  const std::int64_t words = (small(options) ? 1 : 256) * (std::int64_t{1} << 17);  // 1 or 256 MiB
  const std::int64_t threads = options.step.threads->threads(), pieces = threads * 8;
  const Tensor data = Tensor::full({words}, DType::i64, 1);
  const auto numbers = data.host<std::int64_t>();
  std::atomic<std::int64_t> sum{0};  // so that the reading is for something
  double best = 1e30;
  for (int attempt = 0; attempt < 5; ++attempt) {
    const auto begin = Clock::now();
    options.step.threads->run(pieces, [&](std::int64_t piece) {
      const auto from = static_cast<std::size_t>(piece * words / pieces),
                 to = static_cast<std::size_t>((piece + 1) * words / pieces);
      std::int64_t part[8] = {};
      for (std::size_t i = from; i + 8 <= to; i += 8)
        for (std::size_t j = 0; j < 8; ++j) part[j] += numbers[i + j];
      for (const std::int64_t p : part) sum += p;
    });
    best = std::min(best, seconds_since(begin));
  }
  return sum.load() > 0 ? static_cast<double>(data.bytes()) / best : 0;
}

struct Product {
  std::int64_t M, N, K;
};

}  // namespace

double Peaks::of(WeightFormat format) const {
  return format == WeightFormat::int8 ? int8 : format == WeightFormat::bf16 ? bf16 : f32;
}

Peaks measure_peaks(const BenchOptions& options) {
  return {peak_of(options, WeightFormat::as_computed), peak_of(options, WeightFormat::bf16),
          peak_of(options, WeightFormat::int8), read_bandwidth(options)};
}

void bench_gemm(const BenchOptions& options, const Peaks& peaks, const Report& report) {
  const std::vector<Product> usual{{512, 512, 512},   {512, 768, 768},   {512, 3072, 768},  {512, 768, 3072},
                                   {2048, 2048, 512}, {2048, 512, 2048}, {4096, 3072, 768}, {4096, 768, 3072},
                                   {32, 512, 512},    {8, 2048, 512},    {1, 3072, 768}};
  const std::vector<Product> few{{16, 32, 24}, {1, 40, 30}};
  const kernels::Context context = context_of(options);
  for (const Product& p : small(options) ? few : usual)
    for (const WeightFormat format : formats_of(options)) {
      const Tensor a = drawn({p.M, p.K}, 1), w = drawn({p.N, p.K}, 2);
      Tensor c = Tensor::empty({p.M, p.N}, DType::f32);
      // With few rows the weights are what is read, and in a model they come from memory: several copies.
      const bool rows_are_few = p.M <= 8;
      std::vector<kernels::PackedMatrix> packed;
      packed.push_back(pack(context, w.view().transposed(), format));
      const std::size_t bytes = packed[0].bytes();
      while (rows_are_few && !small(options) && packed.size() * bytes < (std::size_t{128} << 20)) {
        packed.push_back(packed[0]);
        packed.back().panels = packed[0].panels.clone();
      }
      std::size_t turn = 0;
      const double seconds = time_of(
          options, [&] { matmul(context, a.view(), packed[turn++ % packed.size()], c.mutable_view()); });
      const double flops = 2.0 * static_cast<double>(p.M) * static_cast<double>(p.N * p.K);
      BenchRow row{"gemm",   fmt::format("{}x{}x{}", p.M, p.N, p.K), format, seconds, flops / seconds * 1e-9,
                   "GFLOP/s"};
      row.bound = rows_are_few ? "read" : name_of(format);
      row.share = rows_are_few ? share_of(static_cast<double>(bytes) / seconds, peaks.read)
                               : share_of(flops / seconds, peaks.of(format));
      report(row);
    }
}

void bench_attention(const BenchOptions& options, const Peaks& peaks, const Report& report) {
  const std::int64_t H = small(options) ? 2 : 8, D = small(options) ? 16 : 64;
  const std::vector<WeightFormat> formats = formats_of_attention(options);
  for (const std::int64_t T :
       small(options) ? std::vector<std::int64_t>{96} : std::vector<std::int64_t>{1024, 4096})
    for (const bool half : {false, true})
      for (const WeightFormat format : formats)
        for (const bool backward : {false, true}) {
          const Layout layout =
              TokenBatch::of({std::vector<std::int32_t>(static_cast<std::size_t>(T))}).layout;
          const Attention how{.plan = plan(half ? causal() : everything(), layout, layout)};
          const Tensor q = drawn({T, H, D}, 1), k = drawn({T, H, D}, 2), v = drawn({T, H, D}, 3);
          const double seconds = time_of(options, [&] {
            Tape tape;
            StepOptions with = options.step;
            with.weights = format;
            if (backward) with.tape = &tape;
            Step step(with);
            const auto given = [&](const Tensor& x) { return backward ? step.input(x) : step.constant(x); };
            const Var y = attend(given(q), given(k), given(v), how);
            if (backward) tape.backward(sum(y));
          });
          // Two products forward, five backward.
          const double flops =
              (backward ? 14.0 : 4.0) * static_cast<double>(T * T * H * D) * (half ? 0.5 : 1.0);
          BenchRow row{"attention",
                       fmt::format("T {} H {} D {}{}{}", T, H, D, half ? " causal" : "",
                                   backward ? " with gradient" : ""),
                       format,
                       seconds,
                       flops / seconds * 1e-9,
                       "GFLOP/s"};
          row.share = share_of(flops / seconds, peaks.of(format));
          row.bound = name_of(format);
          report(row);
        }
}

void bench_train(const BenchOptions& options, const Peaks& peaks, const Report& report) {
  const std::int64_t layers = small(options) ? 1 : 4, C = small(options) ? 16 : 128,
                     T = small(options) ? 16 : 64, B = small(options) ? 2 : 12, V = 65;
  const Json config{{"model_type", "gpt2"}, {"architectures", {"GPT2LMHeadModel"}},
                    {"vocab_size", V},      {"n_positions", T},
                    {"n_embd", C},          {"n_layer", layers},
                    {"n_head", 4},          {"resid_pdrop", 0.0},
                    {"embd_pdrop", 0.0},    {"attn_pdrop", 0.0}};
  std::vector<std::vector<std::int32_t>> texts(static_cast<std::size_t>(B));
  RandomStream random(RandomKey{1});
  for (auto& text : texts)
    for (std::int64_t t = 0; t < T; ++t)
      text.push_back(static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(V))));
  const TokenBatch tokens = TokenBatch::of(texts);
  for (const WeightFormat format : formats_of(options)) {
    if (format == WeightFormat::int8) continue;
    const auto model = models::as_kind<models::CausalModel>(models::create(config, RandomKey{2}), "bench");
    train::Optimizer optimizer(model->parameters(), train::OptimizerOptions{});
    const std::vector<Parameter*> all = model->parameters().all();
    const double seconds = time_of(options, [&] {
      Tape tape;
      StepOptions how = options.step;
      how.tape = &tape;
      how.mode = Mode::train;
      how.weights = format;
      Step step(how);
      const VocabularyLoss loss =
          vocabulary_loss(model->hidden(step, tokens), model->vocabulary(step), tokens.ids);
      tape.backward(loss.sum);
      train::Gradients gradients;
      for (const Parameter* p : all) gradients.push_back(tape.gradient(*p));
      optimizer.update(step.kernels(), gradients, {1e-4, 1.0 / static_cast<double>(loss.tokens)});
    });
    const double count = static_cast<double>(B * T);
    const double flops = 6.0 * static_cast<double>(model->parameters().elements()) * count;
    BenchRow row{"train",         fmt::format("GPT {} layers d {} T {} B {}", layers, C, T, B),
                 format,          seconds,
                 count / seconds, "tokens/s"};
    row.share = share_of(flops / seconds, peaks.of(format));
    row.bound = name_of(format);
    report(row);
  }
}

void bench_decode(const BenchOptions& options, const Peaks& peaks, const Report& report) {
  const std::int64_t layers = small(options) ? 1 : 8, C = small(options) ? 32 : 512;
  const Json config{{"model_type", "llama"},
                    {"architectures", {"LlamaForCausalLM"}},
                    {"vocab_size", small(options) ? 64 : 16000},
                    {"hidden_size", C},
                    {"intermediate_size", C * 3},
                    {"num_hidden_layers", layers},
                    {"num_attention_heads", 8},
                    {"num_key_value_heads", 8},
                    {"max_position_embeddings", 4096},
                    {"tie_word_embeddings", true}};
  const auto model = models::as_kind<models::CausalModel>(models::create(config, RandomKey{2}), "bench");
  for (const WeightFormat format : formats_of(options)) {
    StepOptions how = options.step;
    how.weights = format;
    Step step(how);
    auto state = model->begin(step, 1);
    model->read(*state, TokenBatch::of({std::vector<std::int32_t>(32, 5)}));
    const std::vector<std::int32_t> next{7};
    const double seconds = time_of(options, [&] { model->next(*state, next); });
    double bytes = 0;  // of weights that are read for each token
    for (const Parameter* p : model->parameters().all())
      if (p->shape().rank() == 2)
        bytes += static_cast<double>(p->value().elements()) * (format == WeightFormat::int8   ? 1
                                                               : format == WeightFormat::bf16 ? 2
                                                                                              : 4);
    BenchRow row{"decode",    fmt::format("Llama {} layers d {}, one text", layers, C),
                 format,      seconds,
                 1 / seconds, "tokens/s"};
    row.share = share_of(bytes / seconds, peaks.read);
    row.bound = "read";
    report(row);
  }
}

}  // namespace regard::cli
