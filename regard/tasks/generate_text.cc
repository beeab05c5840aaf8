#include "regard/tasks/generate_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/base/error.h"
#include "regard/decode/stop_strings.h"
#include "regard/models/registry.h"
#include "regard/text/stream_decoder.h"

namespace regard::tasks {
namespace {

// The text that tokens add behind a prompt: spaces depend on what stands before.
class ContinuationText {
 public:
  ContinuationText(const Tokenizer& tokenizer, const decode::TokenIds& prompt) : decoder_(tokenizer) {
    constexpr std::ptrdiff_t enough = 16;  // tokens before, of which one has text
    const auto from = prompt.end() - std::min(enough, static_cast<std::ptrdiff_t>(prompt.size()));
    std::for_each(from, prompt.end(), [&](std::int32_t id) { decoder_.push(id); });
  }
  std::string push(std::int32_t id) { return decoder_.push(id); }
  std::string finish() { return decoder_.finish(); }

 private:
  StreamDecoder decoder_;
};

Continuation continuation_of(const Tokenizer& tokenizer, const decode::Hypothesis& h) {
  const auto begin = h.ids.begin() + static_cast<std::ptrdiff_t>(h.prompt);
  ContinuationText text(tokenizer, {h.ids.begin(), begin});
  Continuation c{"", h.score, {}};
  std::for_each(begin, h.ids.end(), [&](std::int32_t id) {
    c.text += text.push(id);
    c.tokens.push_back(tokenizer.piece(id));
  });
  c.text += text.finish();
  return c;
}

GeneratedText result_of(const Tokenizer& tokenizer, const std::vector<decode::Hypothesis>& found,
                        std::size_t wanted) {
  GeneratedText result;
  for (std::size_t i = 0; i < std::min(found.size(), wanted); ++i) {
    Continuation c = continuation_of(tokenizer, found[i]);
    if (i == 0)
      static_cast<Continuation&>(result) = std::move(c);
    else
      result.alternatives.push_back(std::move(c));
  }
  return result;
}

}  // namespace

bool streams(const decode::GenerationConfig& config) {
  return config.num_beams == 1 && config.num_return_sequences == 1;
}

TextGenerator TextGenerator::load(const std::filesystem::path& directory) {
  TextGenerator generator(directory, models::load_as<models::CausalModel>(directory),
                          load_tokenizer(directory));
  if (!generator.model_->has_vocabulary())
    throw InputError(
        fmt::format("{}: found a model without a projection onto the vocabulary, expected one "
                    "with a language modeling head",
                    directory.string()));
  const std::int64_t ids = generator.tokenizer_->vocabulary_size(TextSide::source);
  const std::int64_t rows =
      JsonField(generator.model_->config(), (directory / "config.json").string()).at("vocab_size").positive();
  if (ids > rows)
    throw InputError(fmt::format("{}: found a tokenizer with ids up to {}, expected them below vocab_size {}",
                                 directory.string(), ids - 1, rows));
  return generator;
}

decode::GenerationConfig TextGenerator::generation(const Json& overrides) const {
  constexpr std::int64_t usual = 256;
  decode::GenerationConfig config = decode::generation_config(directory_, overrides);
  if (!config.max_length && !config.max_new_tokens) config.max_new_tokens = usual;
  return config;
}

decode::TokenIds TextGenerator::encode(const std::string& prompt,
                                       const decode::GenerationConfig& config) const {
  decode::TokenIds ids = tokenizer_->encode_ids(prompt, TextSide::source);
  if (ids.empty() && config.decoder_start_token_id >= 0) ids = {config.decoder_start_token_id};
  return ids;
}

std::vector<GeneratedText> TextGenerator::generate(std::span<const std::string> prompts,
                                                   const StepOptions& step_options,
                                                   const GenerateOptions& how) const {
  std::vector<GeneratedText> results(prompts.size());
  const auto batch = static_cast<std::size_t>(how.batch_size);
  for (std::size_t begin = 0; begin < prompts.size(); begin += batch) {
    std::vector<decode::TokenIds> ids;
    std::vector<std::size_t> places;
    for (std::size_t i = begin; i < std::min(prompts.size(), begin + batch); ++i) {
      decode::TokenIds one = encode(prompts[i], how.config);
      if (one.empty()) continue;
      ids.push_back(std::move(one));
      places.push_back(i);
    }
    decode::SearchOptions options{how.config, how.cancelled};
    options.stops = decode::stop_at(*tokenizer_, how.config.stop_strings);
    std::int64_t total = 0;
    for (const decode::TokenIds& one : ids) total += static_cast<std::int64_t>(one.size());
    if (how.read) options.read = [&](std::int64_t tokens) { how.read(tokens, total); };
    std::optional<ContinuationText> text;
    if (how.stream && prompts.size() == 1 && !ids.empty() && streams(how.config)) {
      text.emplace(*tokenizer_, ids[0]);
      options.chosen = [&](std::size_t, std::int32_t id) { how.stream(text->push(id)); };
    }
    Step step(step_options);
    const auto found = decode::search(*model_, step, ids, options);
    if (text) how.stream(text->finish());
    for (std::size_t i = 0; i < found.size(); ++i)
      results[places[i]] =
          result_of(*tokenizer_, found[i], static_cast<std::size_t>(how.config.num_return_sequences));
    if (how.generated) how.generated(std::min(prompts.size(), begin + batch));
  }
  return results;
}

}  // namespace regard::tasks
