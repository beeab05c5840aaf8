#include "regard/tasks/train_tokenizer.h"

#include <fmt/format.h>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/text/pipeline_tokenizer.h"
#include "regard/text/unicode.h"

namespace regard::tasks {
namespace {

// Lines of files (or given texts) one after the other, with their ends, because a byte-level vocabulary
// learns those too.
class Texts {
 public:
  Texts(const TokenizerTraining& training, const TokenizerSurroundings& around)
      : training_(training), around_(around), ends_(training.settings.vocab_type == "bpe") {
    ProgressOptions options = around.progress;
    options.label = "counting words";
    options.unit = "bytes";
    for (const auto& file : training.files)
      options.total += static_cast<std::int64_t>(LineReader(file).size());
    progress_.emplace(std::move(options));
  }

  bool next(std::vector<std::string>& lines, std::size_t bytes) {
    std::size_t taken = 0;
    while (taken < bytes) {
      if (around_.stop && around_.stop()) throw Interrupted("interrupted: no vocabulary was written");
      if (training_.texts) {
        const auto text = training_.texts();
        if (!text) return false;
        add(lines, *text);
        taken += text->size() + 1;
        continue;
      }
      if (!reader_) {
        if (file_ == training_.files.size()) return false;
        reader_.emplace(training_.files[file_++]);
      }
      const auto line = reader_->next();
      if (!line) {
        done_ += static_cast<std::int64_t>(reader_->bytes_read());
        reader_.reset();
        continue;
      }
      require_utf8(*line, reader_->name(), reader_->number());
      add(lines, *line);
      taken += line->size() + 1;
    }
    return true;
  }
  void report() {
    progress_->update(done_ + (reader_ ? static_cast<std::int64_t>(reader_->bytes_read()) : 0));
  }

 private:
  void add(std::vector<std::string>& lines, std::string_view text) const {
    lines.emplace_back(text);
    if (ends_) lines.back() += '\n';
  }

  const TokenizerTraining& training_;
  const TokenizerSurroundings& around_;
  bool ends_;
  std::size_t file_ = 0;
  std::int64_t done_ = 0;
  std::optional<LineReader> reader_;
  std::optional<Progress> progress_;
};

// Which special token is which, for tokenizer_config.json.
Json tokenizer_config(const TokenizerPlan& plan) {
  Json config{{"tokenizer_class", "PreTrainedTokenizerFast"}, {"clean_up_tokenization_spaces", false}};
  if (!plan.unk_token.empty()) config["unk_token"] = plan.unk_token;
  const std::vector<std::pair<const char*, std::vector<std::string>>> usual{
      {"pad_token", {"[PAD]", "<pad>"}},
      {"cls_token", {"[CLS]"}},
      {"sep_token", {"[SEP]"}},
      {"mask_token", {"[MASK]", "<mask>"}},
      {"bos_token", {"<s>", "[BOS]", "<|endoftext|>"}},
      {"eos_token", {"</s>", "[EOS]", "<|endoftext|>"}}};
  for (const auto& [key, names] : usual)
    for (const std::string& token : plan.special_tokens())
      if (std::find(names.begin(), names.end(), token) != names.end()) config[key] = token;
  return config;
}

}  // namespace

TokenizerOutcome train_tokenizer(const TokenizerTraining& training, const TokenizerSurroundings& around) {
  const TokenizerPlan plan = tokenizer_plan(training.settings);
  if (training.files.empty() && !training.texts) throw UsageError("train: expected --train FILE");
  TokenizerSurroundings seen = around;
  if (!training.settings.show_progress) seen.progress.sink = {};
  std::vector<CountedWord> words;
  {
    Texts texts(training, seen);
    words = count_words([&](auto& lines, std::size_t bytes) { return texts.next(lines, bytes); },
                        plan.cutting(), around.threads, [&] { texts.report(); });
  }
  if (words.empty()) throw InputError("no vocabulary can be learned: the text has no words");
  ProgressOptions options = seen.progress;
  options.label = "learning";
  options.unit = "tokens";
  options.total = plan.type == VocabularyType::unigram ? plan.unigram.vocab_size : plan.pairs.vocab_size;
  Progress progress(std::move(options));
  const std::string text = regard::train_tokenizer(words, plan, [&](std::int64_t tokens) {
    if (tokens % 256 != 0) return;
    if (around.stop && around.stop()) throw Interrupted("interrupted: no vocabulary was written");
    progress.update(tokens);
  });
  const std::string file = (training.output / "tokenizer.json").string();
  const auto tokenizer = PipelineTokenizer::parse(parse_json(text, file), file, {});
  std::error_code failure;
  std::filesystem::create_directories(training.output, failure);
  if (failure)
    throw Error(
        fmt::format("{}: cannot make the directory: {}", training.output.string(), failure.message()));
  write_atomically(training.output / "tokenizer_config.json", to_pretty(tokenizer_config(plan)));
  write_atomically(file, text);
  return {static_cast<std::int64_t>(words.size()), tokenizer->vocabulary_size(TextSide::source)};
}

}  // namespace regard::tasks
