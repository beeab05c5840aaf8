#include <fmt/format.h>

#include "regard/base/random.h"
#include "regard/cli/bench_measure.h"
#include "regard/decode/search.h"
#include "regard/models/registry.h"

namespace regard::cli {

// Transformer-base (Vaswani et al. 2017, table 3) in Marian's form: 25 tokens of source, 30 of target, which
// no hypothesis ends before.
void bench_translate(const BenchOptions& options, const Peaks&, const Report& report) {
  using kernels::WeightFormat;
  const bool tiny = small(options);
  const std::int64_t layers = tiny ? 1 : 6, C = tiny ? 32 : 512, V = tiny ? 64 : 32000;
  const int heads = tiny ? 2 : 8, rows = tiny ? 2 : 32, beams = tiny ? 2 : 4, length = tiny ? 4 : 30;
  const auto last = static_cast<std::int32_t>(V - 1);
  const Json config{{"model_type", "marian"},
                    {"architectures", {"MarianMTModel"}},
                    {"vocab_size", V},
                    {"d_model", C},
                    {"encoder_layers", layers},
                    {"decoder_layers", layers},
                    {"encoder_attention_heads", heads},
                    {"decoder_attention_heads", heads},
                    {"encoder_ffn_dim", 4 * C},
                    {"decoder_ffn_dim", 4 * C},
                    {"activation_function", "relu"},
                    {"scale_embedding", true},
                    {"pad_token_id", last},
                    {"eos_token_id", 0},
                    {"decoder_start_token_id", last},
                    {"max_position_embeddings", 512}};
  const auto model =
      models::as_kind<models::SequenceToSequence>(models::create(config, RandomKey{2}), "bench");
  decode::SearchOptions search;
  search.config.num_beams = beams;
  search.config.max_new_tokens = search.config.min_new_tokens = length;
  search.config.eos_token_id = {0};
  search.config.decoder_start_token_id = search.config.pad_token_id = last;
  search.cancelled = options.stop;
  RandomStream random(RandomKey{1});
  std::vector<decode::TokenIds> sources(static_cast<std::size_t>(rows));
  for (decode::TokenIds& source : sources) {
    for (int t = 0; t < 24; ++t)
      source.push_back(2 + static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(V - 3))));
    source.push_back(0);
  }
  for (const WeightFormat format : formats_of(options)) {
    std::int64_t tokens = 0;
    const double seconds = time_of(options, [&] {
      StepOptions how = options.step;
      how.weights = format;
      Step step(how);
      tokens = 0;
      for (const auto& hypotheses : decode::search(*model, step, sources, search))
        tokens += hypotheses.front().generated();
    });
    report({"translate",
            fmt::format("Marian {} + {} layers d {} beam {} batch {}", layers, layers, C, beams, rows),
            format, seconds, static_cast<double>(tokens) / seconds, "tokens/s", std::nullopt, ""});
  }
}

}  // namespace regard::cli
