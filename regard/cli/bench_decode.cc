#include <fmt/format.h>

#include <algorithm>

#include "regard/cli/bench_measure.h"
#include "regard/models/causal_model.h"
#include "regard/models/registry.h"

namespace regard::cli {
namespace {

using kernels::WeightFormat;

std::int32_t likeliest(const Var& logits) {
  const auto row = logits.value().host<float>();
  return static_cast<std::int32_t>(std::max_element(row.begin(), row.end()) - row.begin());
}

// Of weights that are read for each token: not the embeddings, of which one row is, unless they are the
// projection onto the vocabulary too.
double bytes_read(const models::CausalModel& model, WeightFormat format) {
  const double each = format == WeightFormat::int8 ? 1 : format == WeightFormat::bf16 ? 2 : 4;
  double bytes = 0;
  for (const Parameter* p : model.parameters().all()) {
    const bool lookup = p->name() == "model.embed_tokens.weight" || p->name() == "transformer.wpe.weight";
    if (p->shape().rank() == 2 && !lookup) bytes += each * static_cast<double>(p->value().elements());
  }
  return bytes;
}

struct Decoder {
  std::string name;
  Json config;
};

std::vector<Decoder> decoders(const BenchOptions& options) {
  const bool tiny = small(options);
  const std::int64_t layers = tiny ? 1 : 12, C = tiny ? 32 : 768, heads = tiny ? 2 : 12;
  const Json llama{{"model_type", "llama"},
                   {"architectures", {"LlamaForCausalLM"}},
                   {"vocab_size", tiny ? 64 : 32000},
                   {"hidden_size", C},
                   {"intermediate_size", tiny ? 3 * C : 2048},
                   {"num_hidden_layers", layers},
                   {"num_attention_heads", heads},
                   {"num_key_value_heads", tiny ? 1 : 4},
                   {"max_position_embeddings", 2048},
                   {"tie_word_embeddings", false}};
  const Json gpt2{{"model_type", "gpt2"},
                  {"architectures", {"GPT2LMHeadModel"}},
                  {"vocab_size", tiny ? 64 : 50257},
                  {"n_positions", 1024},
                  {"n_embd", C},
                  {"n_layer", layers},
                  {"n_head", heads}};
  return {{fmt::format("Llama {} layers d {}", layers, C), llama},
          {fmt::format("GPT-2 {} layers d {}", layers, C), gpt2}};
}

}  // namespace

void bench_decode(const BenchOptions& options, const Peaks& peaks, const Report& report) {
  const std::int64_t prompt = small(options) ? 8 : 128, continued = small(options) ? 4 : 64;
  for (const Decoder& decoder : decoders(options)) {
    const auto model =
        models::as_kind<models::CausalModel>(models::create(decoder.config, RandomKey{2}), "bench");
    const TokenBatch tokens = drawn_tokens({{prompt}}, decoder.config.at("vocab_size").get<std::int64_t>());
    for (const WeightFormat format : formats_of(options)) {
      StepOptions how = options.step;
      how.weights = format;
      const auto [reading, going_on] = times_of(options, [&] {
        Step step(how);
        const auto state = model->begin(step, 1);
        auto begin = Clock::now();
        std::int32_t next = likeliest(model->logits(model->read(*state, tokens)));
        const double first = seconds_since(begin);
        begin = Clock::now();
        for (std::int64_t t = 0; t < continued; ++t) {
          stop_when_asked(options);
          next = likeliest(model->next(*state, {{next}}));
        }
        return std::array<double, 2>{first, seconds_since(begin) / static_cast<double>(continued)};
      });
      const double bytes = bytes_read(*model, format), weights = bytes_read(*model, WeightFormat::int8);
      const double rate = static_cast<double>(prompt) / reading;
      report({"prompt", fmt::format("{} prompt {}", decoder.name, prompt), format, reading, rate, "tokens/s",
              share_of(2 * weights * rate, peaks.of(format)), std::string(name_of(format))});
      report({"decode", fmt::format("{} after {}", decoder.name, prompt), format, going_on, 1 / going_on,
              "tokens/s", share_of(bytes / going_on, peaks.read), "read"});
    }
  }
}

}  // namespace regard::cli
