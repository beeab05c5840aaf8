#include "regard/tasks/translate.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <numeric>

#include "regard/base/error.h"
#include "regard/decode/stop_strings.h"
#include "regard/models/registry.h"
#include "regard/tasks/translate_result.h"
#include "regard/text/unicode.h"

namespace regard::tasks {
namespace {

// A piece of a line on its way through the model.
struct Job {
  std::size_t line = 0;
  std::size_t piece = 0;  // of the line
  SourcePiece source;
  decode::TokenIds prefix;
};

struct Line {
  std::string text;  // valid UTF-8
  MaskedLine masked;
  bool too_long = false;
  std::size_t open = 0;  // pieces that are not translated yet
  std::vector<PieceTokens> tokens;
  std::vector<std::vector<Result>> results;
  std::vector<explain::CrossAttention> attention;
};

// One call of Translator::translate.
class Work {
 public:
  Work(const Translator& translator, const StepOptions& step, const TranslateOptions& how)
      : model_(translator.model()), tokenizer_(translator.tokenizer()), step_(step), how_(how) {}

  std::vector<Translation> run(std::span<const std::string> lines);

 private:
  void prepare(std::span<const std::string> lines);
  decode::TokenIds prefix_of(std::size_t line) const;
  std::size_t batch_end(std::size_t begin) const;
  void translate(std::size_t begin, std::size_t end);
  void render_batch(std::span<const Job> jobs, const std::vector<std::vector<decode::Hypothesis>>& found);
  Translation finish(Line& line) const;

  const models::SequenceToSequence& model_;
  const Tokenizer& tokenizer_;
  const StepOptions& step_;
  const TranslateOptions& how_;
  std::deque<Line> lines_;  // a line's address stays
  std::vector<Job> jobs_;
};

decode::TokenIds Work::prefix_of(std::size_t line) const {
  const bool common = how_.prefixes.empty();
  const std::string& text = common ? how_.prefix : how_.prefixes[line];
  if (trim(text).empty()) return {};
  decode::TokenIds ids = tokenizer_.encode_ids(text, TextSide::target);
  if (tokenizer_.special_ids().end == ids.back()) ids.pop_back();
  const auto prompt = static_cast<std::int64_t>(ids.size()) + 1;
  const std::int64_t longest = how_.config.longest(model_.max_positions(), prompt);
  if (prompt < longest) return ids;
  const std::string message = fmt::format("the prefix {}: found {} tokens, expected at most {}",
                                          printable(text), prompt - 1, longest - 2);
  if (common) throw UsageError(message);
  throw InputError(message);
}

void Work::prepare(std::span<const std::string> lines) {
  if (!how_.prefixes.empty() && how_.prefixes.size() != lines.size())
    throw UsageError(
        fmt::format("{} prefixes for {} lines: expected one for each", how_.prefixes.size(), lines.size()));
  const bool keeps = how_.keep != nullptr && !how_.keep->empty();
  const std::vector<std::string> words = keeps ? carriers(tokenizer_) : std::vector<std::string>{};
  const PieceOptions cut{static_cast<std::size_t>(model_.max_positions()), how_.split_sentences,
                         how_.cut_sources};
  for (std::size_t i = 0; i < lines.size(); ++i) {
    Line& line = lines_.emplace_back();
    line.text = replace_invalid_utf8(lines[i]);
    line.masked = mask(line.text, keeps ? how_.keep : nullptr, words);
    SourcePieces pieces = pieces_of(line.masked, tokenizer_, cut);
    line.too_long = pieces.too_long;
    line.open = pieces.pieces.size();
    line.tokens.resize(line.open);
    line.results.resize(line.open);
    line.attention.resize(line.open);
    for (std::size_t p = 0; p < line.open; ++p)
      jobs_.push_back({i, p, std::move(pieces.pieces[p]), p == 0 ? prefix_of(i) : decode::TokenIds{}});
  }
  // Longest first: the batches that need most memory come first, and the last ones are the quickest, so that
  // the time left is not underestimated.
  std::stable_sort(jobs_.begin(), jobs_.end(),
                   [](const Job& a, const Job& b) { return a.source.ids.size() > b.source.ids.size(); });
}

// How many of the jobs from `begin` on make one batch.
std::size_t Work::batch_end(std::size_t begin) const {
  const auto longest = static_cast<std::int64_t>(jobs_[begin].source.ids.size());
  const std::int64_t rows = std::clamp<std::int64_t>(how_.batch_tokens / longest, 1, how_.batch_size);
  return std::min(jobs_.size(), begin + static_cast<std::size_t>(rows));
}

void Work::translate(std::size_t begin, std::size_t end) {
  std::vector<decode::TokenIds> sources;
  decode::SearchOptions options{how_.config, how_.cancelled};
  options.stops = decode::stop_at(tokenizer_, how_.config.stop_strings);
  for (std::size_t i = begin; i < end; ++i) {
    sources.push_back(jobs_[i].source.ids);
    if (!how_.prefixes.empty() || !how_.prefix.empty()) options.prefixes.push_back(jobs_[i].prefix);
  }
  Step step(step_);
  auto found = decode::search(model_, step, sources, options);
  if (how_.nbest > 0)
    for (auto& results : found)
      if (results.size() > static_cast<std::size_t>(how_.nbest))
        results.resize(static_cast<std::size_t>(how_.nbest));
  render_batch(std::span(jobs_).subspan(begin, end - begin), found);
}

void Work::render_batch(std::span<const Job> jobs,
                        const std::vector<std::vector<decode::Hypothesis>>& found) {
  // All alignments that are needed, by one pass.
  const bool tokens = how_.alignment || how_.attention || how_.replace_unknown || how_.keep != nullptr;
  std::vector<explain::AlignmentPair> pairs;
  std::vector<std::vector<std::size_t>> pair_of(jobs.size());
  constexpr std::size_t none = static_cast<std::size_t>(-1);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    Line& line = lines_[jobs[i].line];
    PieceTokens& piece = line.tokens[jobs[i].piece];
    if (tokens) piece = tokens_of(line.masked, jobs[i].source, tokenizer_);
    for (const decode::Hypothesis& h : found[i]) {
      const bool needed = tokens && needs_alignment(h, piece, tokenizer_, how_);
      pair_of[i].push_back(needed ? pairs.size() : none);
      // What the decoder was given when it chose each token: all but the last.
      if (needed) pairs.push_back({jobs[i].source.ids, {h.ids.begin(), h.ids.end() - 1}});
    }
  }
  const auto alignments = explain::align(model_, step_, pairs, how_.alignment_choice);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    Line& line = lines_[jobs[i].line];
    const std::size_t p = jobs[i].piece;
    for (std::size_t k = 0; k < found[i].size(); ++k) {
      const std::size_t pair = pair_of[i][k];
      line.results[p].push_back(render(
          {&found[i][k], &line.tokens[p], pair == none ? nullptr : &alignments[pair]}, tokenizer_, how_));
    }
    if (how_.attention) {
      const decode::TokenIds& ids = found[i][0].ids;
      line.attention[p] =
          explain::cross_attention(model_, step_, jobs[i].source.ids, {ids.begin(), ids.end() - 1});
    }
  }
}

// The attention of several pieces: that of each to its own source tokens, and none to those of others.
explain::CrossAttention put_together(std::vector<explain::CrossAttention> pieces) {
  if (pieces.size() == 1) return std::move(pieces[0]);
  explain::CrossAttention made;
  for (std::size_t layer = 0; layer < pieces[0].weights.size(); ++layer) {
    const std::int64_t heads = pieces[0].weights[layer].size(0);
    std::int64_t targets = 0, sources = 0;
    for (const auto& piece : pieces) {
      targets += piece.weights[layer].size(1);
      sources += piece.weights[layer].size(2);
    }
    std::vector<float> all(static_cast<std::size_t>(heads * targets * sources), 0);
    std::int64_t target = 0, source = 0;
    for (const auto& piece : pieces) {
      const Tensor& weights = piece.weights[layer];  // [H,T,S]
      const auto values = weights.to_doubles();
      const std::int64_t rows = weights.size(1), columns = weights.size(2);
      for (std::int64_t i = 0; i < heads * rows * columns; ++i) {
        const std::int64_t h = i / (rows * columns), t = i / columns % rows, s = i % columns;
        all[static_cast<std::size_t>((h * targets + target + t) * sources + source + s)] =
            static_cast<float>(values[static_cast<std::size_t>(i)]);
      }
      target += rows;
      source += columns;
    }
    made.weights.push_back(Tensor::from<float>({heads, targets, sources}, all));
  }
  return made;
}

Translation Work::finish(Line& line) const {
  Translation made;
  made.too_long = line.too_long;
  if (line.results.empty()) return made;
  made.pieces = static_cast<std::int64_t>(line.results.size());
  std::vector<std::size_t> counts;
  std::vector<TextSpan> source;
  for (PieceTokens& piece : line.tokens) {
    counts.push_back(piece.tokens.size());
    if (how_.alignment || how_.attention)
      made.source_tokens.insert(made.source_tokens.end(), piece.tokens.begin(), piece.tokens.end());
    for (const TextSpan& span : piece.spans) source.push_back(line.masked.original(span));
  }
  std::vector<Result> results = put_together(std::move(line.results), counts, how_);
  for (std::size_t k = 0; k < results.size(); ++k) {
    Result& r = results[k];
    Alternative a;
    a.score = r.score / static_cast<double>(made.pieces);
    a.quality = r.generated > 0 ? r.log_p / static_cast<double>(r.generated) : 0;
    if (how_.alignment) {
      for (std::size_t t = 0; t < r.aligned.size(); ++t)
        a.alignment.push_back({r.aligned[t], static_cast<std::int64_t>(t)});
      a.word_alignment =
          unit_links(r.aligned, {source, r.spans}, {word_spans(line.text), word_spans(r.text)});
    }
    a.text = std::move(r.text);
    a.tokens = std::move(r.tokens);
    if (k > 0) {
      made.alternatives.push_back(std::move(a));
      continue;
    }
    static_cast<Alternative&>(made) = std::move(a);
    made.unknown_replaced = r.unknown_replaced;
    made.kept = r.kept;
    made.placed = r.placed;
  }
  if (how_.attention) made.attention = put_together(std::move(line.attention));
  return made;
}

std::vector<Translation> Work::run(std::span<const std::string> lines) {
  prepare(lines);
  auto done = static_cast<std::size_t>(
      std::count_if(lines_.begin(), lines_.end(), [](const Line& line) { return line.open == 0; }));
  for (std::size_t begin = 0; begin < jobs_.size();) {
    const std::size_t end = batch_end(begin);
    translate(begin, end);
    for (std::size_t i = begin; i < end; ++i) done += --lines_[jobs_[i].line].open == 0 ? 1 : 0;
    begin = end;
    if (how_.translated) how_.translated(done);
  }
  std::vector<Translation> translations;
  for (Line& line : lines_) translations.push_back(finish(line));
  return translations;
}

}  // namespace

Translator::Translator(std::unique_ptr<const models::SequenceToSequence> model,
                       std::unique_ptr<const Tokenizer> tokenizer)
    : model_(std::move(model)), tokenizer_(std::move(tokenizer)) {}

Translator Translator::load(const std::filesystem::path& directory) {
  if (!std::filesystem::is_directory(directory))
    throw InputError(fmt::format("{}: {}, expected the directory of a checkpoint", directory.string(),
                                 std::filesystem::exists(directory) ? "found a file" : "not found"));
  Translator translator(models::load_as<models::SequenceToSequence>(directory), load_tokenizer(directory));
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
  // A model whose positions have no end would go on for ever where it never says the end.
  constexpr std::int64_t most = 4096;
  if (!config.max_length && !config.max_new_tokens)
    config.max_length = std::min(model_->max_positions(), most) + 1;
  return config;
}

Json with_nbest(const Translator& translator, Json keys, std::int64_t nbest) {
  if (nbest == 0) return keys;
  const decode::GenerationConfig config = translator.generation(keys);
  if (!config.do_sample && config.num_beams < nbest) {
    if (keys.contains("num_beams"))
      throw UsageError(
          fmt::format("the {} best results of each line: expected at most as many as num_beams, "
                      "which is {}",
                      nbest, config.num_beams));
    keys["num_beams"] = nbest;
  }
  keys["num_return_sequences"] = nbest;
  return keys;
}

std::vector<Translation> Translator::translate(std::span<const std::string> lines, const StepOptions& options,
                                               const TranslateOptions& how) const {
  return Work(*this, options, how).run(lines);
}

}  // namespace regard::tasks
