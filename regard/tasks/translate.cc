#include "regard/tasks/translate.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "regard/base/error.h"
#include "regard/models/registry.h"
#include "regard/text/unicode.h"

namespace regard::tasks {
namespace {

struct Source {
  std::size_t line = 0;
  decode::TokenIds ids;
  bool truncated = false;
};

// The sources of lines that are not empty, longest first: the batches that need most memory come first, and
// the last ones are the quickest, so that the time left is not underestimated.
std::vector<Source> sources_of(std::span<const std::string> lines, const Tokenizer& tokenizer,
                               std::int64_t max_positions) {
  std::vector<Source> sources;
  const auto longest = static_cast<std::size_t>(max_positions);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (trim(lines[i]).empty()) continue;
    Source s{i, tokenizer.encode_ids(lines[i], TextSide::source)};
    if (s.ids.size() > longest) {
      s.ids[longest - 1] = s.ids.back();  // the end token stays
      s.ids.resize(longest);
      s.truncated = true;
    }
    sources.push_back(std::move(s));
  }
  std::stable_sort(sources.begin(), sources.end(),
                   [](const Source& a, const Source& b) { return a.ids.size() > b.ids.size(); });
  return sources;
}

// How many of the sources from `begin` on make one batch.
std::size_t batch_end(const std::vector<Source>& sources, std::size_t begin,
                      const TranslateOptions& options) {
  const auto longest = static_cast<std::int64_t>(sources[begin].ids.size());
  const std::int64_t rows = std::clamp<std::int64_t>(options.batch_tokens / longest, 1, options.batch_size);
  return std::min(sources.size(), begin + static_cast<std::size_t>(rows));
}

Json nested(const Tensor& weights) {  // [H,T,S]
  const auto values = weights.to_doubles();
  Json heads = Json::array();
  std::size_t i = 0;
  for (std::int64_t h = 0; h < weights.size(0); ++h) {
    Json rows = Json::array();
    for (std::int64_t t = 0; t < weights.size(1); ++t) {
      Json row = Json::array();
      for (std::int64_t s = 0; s < weights.size(2); ++s) row.push_back(values[i++]);
      rows.push_back(std::move(row));
    }
    heads.push_back(std::move(rows));
  }
  return heads;
}

}  // namespace

Translator::Translator(std::unique_ptr<const models::SequenceToSequence> model,
                       std::unique_ptr<const Tokenizer> tokenizer)
    : model_(std::move(model)), tokenizer_(std::move(tokenizer)) {}

Translator Translator::load(const std::filesystem::path& directory) {
  if (!std::filesystem::is_directory(directory))
    throw InputError(fmt::format("{}: {}, expected the directory of a checkpoint", directory.string(),
                                 std::filesystem::exists(directory) ? "found a file" : "not found"));
  Translator translator(models::load(directory), load_tokenizer(directory));
  translator.directory_ = directory;
  translator.generation();  // what is wrong with it should be said before any work
  const std::int64_t ids = translator.tokenizer_->vocabulary_size(TextSide::source);
  const std::int64_t rows = JsonField(translator.model_->config(), (directory / "config.json").string())
                                .at("vocab_size")
                                .positive();
  if (ids > rows)
    throw InputError(fmt::format("{}: found a tokenizer with ids up to {}, expected them below vocab_size {}",
                                 directory.string(), ids - 1, rows));
  return translator;
}

decode::GenerationConfig Translator::generation(const Json& overrides) const {
  decode::GenerationConfig config = decode::generation_config(directory_, overrides);
  if (!config.max_length && !config.max_new_tokens) config.max_length = model_->max_positions() + 1;
  return config;
}

Translation Translator::make_translation(const std::vector<decode::Hypothesis>& found) const {
  Translation translation;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto ids = std::span(found[i].ids).subspan(1);  // without the start token
    std::string text = tokenizer_->decode(ids);
    if (i > 0) {
      translation.alternatives.push_back({std::move(text), found[i].score});
      continue;
    }
    translation.text = std::move(text);
    translation.score = found[i].score;
    for (const std::int32_t id : ids) translation.tokens.push_back(tokenizer_->piece(id));
  }
  return translation;
}

std::vector<Translation> Translator::translate(std::span<const std::string> lines, const StepOptions& options,
                                               const TranslateOptions& how) const {
  std::vector<Translation> translations(lines.size());
  const auto sources = sources_of(lines, *tokenizer_, model_->max_positions());
  std::size_t done = lines.size() - sources.size();
  for (std::size_t begin = 0; begin < sources.size();) {
    const std::size_t end = batch_end(sources, begin, how);
    std::vector<decode::TokenIds> batch;
    for (std::size_t i = begin; i < end; ++i) batch.push_back(sources[i].ids);
    Step step(options);
    const auto found = decode::search(*model_, step, batch, {how.config, how.cancelled});
    for (std::size_t i = begin; i < end; ++i) {
      const auto& best = found[i - begin];
      Translation& t = translations[sources[i].line] = make_translation(best);
      t.truncated = sources[i].truncated;
      if (how.explain == Explain::nothing) continue;
      for (const Token& token : tokenizer_->encode(lines[sources[i].line], TextSide::source))
        t.source_tokens.push_back(token.piece);
      if (t.truncated) {
        t.source_tokens[sources[i].ids.size() - 1] = t.source_tokens.back();
        t.source_tokens.resize(sources[i].ids.size());
      }
      // What the decoder was given when it chose each token: all but the last.
      const decode::TokenIds inputs(best[0].ids.begin(), best[0].ids.end() - 1);
      explain::CrossAttention attention = explain::cross_attention(*model_, options, sources[i].ids, inputs);
      if (how.explain == Explain::alignment)
        t.alignment = explain::alignment(attention);
      else
        t.attention = std::move(attention);
    }
    done += end - begin;
    begin = end;
    if (how.translated) how.translated(done);
  }
  return translations;
}

Json to_json(const Translation& translation) {
  Json alternatives = Json::array();
  for (const Alternative& a : translation.alternatives)
    alternatives.push_back({{"text", a.text}, {"score", a.score}});
  Json json{{"text", translation.text},
            {"score", translation.score},
            {"tokens", translation.tokens},
            {"alternatives", std::move(alternatives)}};
  if (!translation.source_tokens.empty()) json["source_tokens"] = translation.source_tokens;
  if (!translation.alignment.empty()) {
    Json pairs = Json::array();
    for (std::size_t t = 0; t < translation.alignment.size(); ++t)
      pairs.push_back(Json::array({translation.alignment[t], t}));
    json["alignment"] = std::move(pairs);
  }
  if (!translation.attention.weights.empty()) {
    Json layers = Json::array();
    for (const Tensor& layer : translation.attention.weights) layers.push_back(nested(layer));
    json["attention"] = std::move(layers);
  }
  return json;
}

std::string one_line(std::string text) {
  std::string line;
  line.reserve(text.size());
  for (const char c : text) {
    if (c == '\n')
      line += "\\n";
    else if (c == '\r')
      line += "\\r";
    else
      line += c;
  }
  return line;
}

}  // namespace regard::tasks
