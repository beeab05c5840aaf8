#include <fmt/format.h>

#include "regard/autograd/ops/vocabulary_loss.h"
#include "regard/autograd/tape.h"
#include "regard/cli/bench_measure.h"
#include "regard/models/causal_model.h"
#include "regard/models/registry.h"
#include "regard/train/optimizer.h"

namespace regard::cli {
namespace {

using kernels::WeightFormat;

struct Gpt {
  std::int64_t layers, heads, C, T, B;
};

}  // namespace

void bench_train(const BenchOptions& options, const Peaks& peaks, const Report& report) {
  constexpr std::int64_t V = 65;
  // nanoGPT's settings for a processor without a GPU, and its model of 10.7 million weights.
  const std::vector<Gpt> usual{{4, 4, 128, 64, 12}, {6, 6, 384, 256, 4}}, few{{1, 2, 16, 16, 2}};
  for (const Gpt& gpt : small(options) ? few : usual)
    for (const WeightFormat format : formats_of(options)) {
      if (format == WeightFormat::int8) continue;
      const Json config{{"model_type", "gpt2"}, {"architectures", {"GPT2LMHeadModel"}},
                        {"vocab_size", V},      {"n_positions", gpt.T},
                        {"n_embd", gpt.C},      {"n_layer", gpt.layers},
                        {"n_head", gpt.heads},  {"resid_pdrop", 0.0},
                        {"embd_pdrop", 0.0},    {"attn_pdrop", 0.0}};
      const TokenBatch tokens =
          drawn_tokens(std::vector<std::int64_t>(static_cast<std::size_t>(gpt.B), gpt.T), V);
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
        const double count = static_cast<double>(loss.tokens),
                     norm = train::global_norm(step.kernels(), gradients) / count;
        optimizer.update(step.kernels(), gradients, {1e-4, train::clip_factor(norm, 1) / count});
      });
      const double count = static_cast<double>(gpt.B * gpt.T);
      const double flops = 6.0 * static_cast<double>(model->parameters().elements()) * count;
      BenchRow row{
          "train",         fmt::format("GPT {} layers d {} T {} B {}", gpt.layers, gpt.C, gpt.T, gpt.B),
          format,          seconds,
          count / seconds, "tokens/s"};
      row.share = share_of(flops / seconds, peaks.of(format));
      row.bound = name_of(format);
      report(row);
    }
}

}  // namespace regard::cli
