#include <fmt/format.h>

#include "regard/cli/bench_measure.h"
#include "regard/models/registry.h"
#include "regard/models/text_encoder.h"

namespace regard::cli {

void bench_encode(const BenchOptions& options, const Peaks& peaks, const Report& report) {
  using kernels::WeightFormat;
  const bool tiny = small(options);
  const std::int64_t layers = tiny ? 1 : 12, C = tiny ? 32 : 768, V = tiny ? 64 : 30522;
  const Json config{{"model_type", "bert"},
                    {"architectures", {"BertModel"}},
                    {"vocab_size", V},
                    {"hidden_size", C},
                    {"intermediate_size", 4 * C},
                    {"num_hidden_layers", layers},
                    {"num_attention_heads", tiny ? 2 : 12},
                    {"max_position_embeddings", 512},
                    {"type_vocab_size", 2}};
  const std::unique_ptr<models::TextEncoder> model =
      models::as_kind<models::TextEncoder>(models::create(config, RandomKey{2}), "bench");
  double weights = 0;  // of products: the lookups cost nothing beside them
  for (const Parameter* p : model->parameters().all())
    if (p->shape().rank() == 2 && p->name().find("embeddings") == std::string::npos)
      weights += static_cast<double>(p->value().elements());
  struct Batch {
    const char* name;
    std::vector<std::int64_t> lengths;
  };
  // Eight texts of 128 tokens, and eight of 128 and fewer, 51 % as many in all.
  const std::vector<Batch> usual{{"8 x 128", std::vector<std::int64_t>(8, 128)},
                                 {"8 x up to 128", {128, 16, 100, 40, 70, 25, 55, 90}}},
      few{{"2 x 8", {8, 8}}};
  for (const Batch& batch : tiny ? few : usual)
    for (const WeightFormat format : formats_of(options)) {
      const TokenBatch tokens = drawn_tokens(batch.lengths, V);
      const double seconds = time_of(options, [&] {
        StepOptions how = options.step;
        how.weights = format;
        Step step(how);
        models::EncoderInputs inputs;
        inputs.tokens = &tokens;
        model->hidden(step, inputs);
      });
      double count = 0, scores = 0;
      for (const std::int64_t length : batch.lengths) {
        count += static_cast<double>(length);
        scores += static_cast<double>(length * length);
      }
      const double flops = 2 * weights * count + 4 * scores * static_cast<double>(C * layers);
      BenchRow row{"encode",        fmt::format("BERT {} layers d {} batch {}", layers, C, batch.name),
                   format,          seconds,
                   count / seconds, "tokens/s"};
      row.share = share_of(flops / seconds, peaks.of(format));
      row.bound = name_of(format);
      report(row);
    }
}

}  // namespace regard::cli
