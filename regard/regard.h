#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "regard/base/error.h"
#include "regard/base/version.h"

// The library's face: load a model, use it. Includes nothing but the standard library.
//
//   auto model = regard::load("opus-mt-en-zh");
//   std::puts(model.translate("Hello, world!").text.c_str());
//
// Every failure is a regard::Error (regard/base/error.h): InputError for a bad file, model or input,
// UsageError for a wrong option, Interrupted for a call that was cancelled. The library never prints, exits,
// installs signal handlers or depends on the locale.

namespace regard {

struct LoadOptions {
  int threads = 0;  // of each call's computation; 0: what the system grants this process
  // What weights are multiplied as: f32, bf16, int8; empty: int8 where the model is kept so, else f32.
  std::string dtype;
  // A folder of PEFT (LoRA) whose corrections are added to the model's weights; empty: none.
  std::filesystem::path adapter = {};
};

// How a text is translated. What is not given stands in the model's generation_config.json.
struct TranslateOptions {
  int beams = 0;                // 1: greedy; 0: not given
  std::int64_t max_length = 0;  // most tokens of a result, the start token counted; 0: not given
  std::int64_t min_length = 0;  // fewest tokens, likewise
  std::string generation;       // any keys of a generation_config.json as a JSON object; empty: none
  std::size_t nbest = 0;        // results of each text; 0: the best, and whatever else the search found
  // Draw each token instead of searching for the likeliest ones; the same seed gives the same text the same
  // samples. Temperature and filters are keys of `generation`.
  bool sample = false;
  std::uint64_t seed = 0;
  std::string prefix;                 // what every result begins with
  std::vector<std::string> prefixes;  // or one for each text
  bool alignment = false;             // Translation::alignment and word_alignment
  bool replace_unknown = false;       // an unknown token becomes the source word it looked at
  // What comes out as it is: {name}, %s, <b>, addresses of web and mail; and what matches these regular
  // expressions (of Oniguruma, Ruby's kind).
  bool keep_placeholders = false;
  std::vector<std::string> keep;
  bool split_sentences = false;  // translate each sentence by itself
  // Read only the beginning of a text that is longer than the model's positions, as `summarize` always does;
  // otherwise it is translated in pieces.
  bool cut_sources = false;
  int alignment_layer =
      -1;  // the decoder's layer whose attention is read; -1: the last but one, of two the last
  std::vector<std::int64_t> alignment_heads;  // its heads; empty: all
  std::stop_token stop = {};  // once stop is requested the call ends with Interrupted, within a token's time
};

// Source `source` belongs to target `target`; both count from 0.
struct TranslationLink {
  std::int64_t source = 0, target = 0;
};

struct Translation {
  std::string text;
  double score = 0;                 // sum of log p / tokens ^ length_penalty: nearer to 0 is likelier
  std::vector<std::string> tokens;  // pieces, the end token included
  struct Alternative {
    std::string text;
    double score = 0;
    double quality = 0;
    std::vector<TranslationLink> word_alignment;
  };
  std::vector<Alternative> alternatives;  // the other results: best first, or samples as they were drawn
  double quality = 0;                     // mean log p of the tokens: an estimate of how good it is
  // With TranslateOptions::alignment: for each token its source token; and between words, which are runs
  // without white space, and single characters of scripts that are written without it.
  std::vector<TranslationLink> alignment, word_alignment;
  std::int64_t pieces = 1;  // that the text was translated in
  std::int64_t unknown_replaced = 0;
  std::int64_t kept = 0, placed = 0;  // parts that came through the model; that were put where it looked
};

// How a prompt goes on. What is not given stands in the model's generation_config.json.
struct GenerateOptions {
  std::int64_t max_new_tokens = 0;  // 0: not given; where nothing says it, 256
  int beams = 0;                    // 1: no beam search; 0: not given
  int results = 0;                  // of each prompt; 0: not given
  bool sample = false;              // draw each token; temperature and filters are keys of `generation`
  std::uint64_t seed = 0;
  std::string generation;  // any keys of a generation_config.json as a JSON object; empty: none
  // Called with the text as it comes, never half a character; for one prompt with one result, without beams.
  std::function<void(std::string_view)> on_text = {};
  std::stop_token stop = {};  // once stop is requested the call ends with Interrupted, within a token's time
};

struct Generation {
  std::string text;  // what follows the prompt
  double score = 0;  // what the search ranks by
  std::vector<std::string> tokens;
  struct Alternative {
    std::string text;
    double score = 0;
  };
  std::vector<Alternative> alternatives;  // the other results
};

struct EmbedOptions {
  std::stop_token stop = {};  // once stop is requested the call ends with Interrupted, within a batch's time
};

struct FillMaskOptions {
  std::int64_t top = 5;  // candidates of each mask
  std::stop_token stop = {};
};

struct FilledText {
  std::string text;  // each mask filled with its likeliest token
  struct Candidate {
    std::string token;
    double score = 0;       // its probability
    std::string text;       // the text with it
    std::int64_t mask = 0;  // which mask of the text, from 0
  };
  std::vector<Candidate> candidates;  // of each mask in turn, likeliest first
};

struct ClassifyOptions {
  std::stop_token stop = {};  // once stop is requested the call ends with Interrupted, within a batch's time
};

// The likeliest label, and all of them. Scores are probabilities, calibrated where the model's training did
// so: of one label they add up to 1, of several each is one by itself; in regression the score is the value.
struct Classification {
  std::string label;
  double score = 0;
  struct Score {
    std::string label;
    double score = 0;
  };
  std::vector<Score> scores;  // from the highest on
};

struct TagOptions {
  bool words_are_parted = false;  // words stand between blanks; else they are found, marks apart
  std::stop_token stop = {};
};

struct TaggedText {
  struct Word {
    std::string text, tag;
    double score = 0;  // the tag's probability
  };
  struct Entity {
    std::string text, label;
    std::int64_t start = 0, end = 0;  // characters (code points) start .. end - 1 of the text
    double score = 0;                 // mean over its words
  };
  std::vector<Word> words;
  std::vector<Entity> entities;
};

struct Question {
  std::string text, context;
};

struct AnswerOptions {
  std::int64_t top = 1;                 // the best so many answers
  std::int64_t max_answer_tokens = 30;  // longest answer
  bool none_allowed = false;            // whether "" may be the answer: the context has none
  std::stop_token stop = {};
};

// The best answer, and the next ones.
struct Answer {
  std::string text;
  double score = 0;                 // the probability of its beginning times that of its end
  std::int64_t start = 0, end = 0;  // characters (code points) start .. end - 1 of the context
  struct Alternative {
    std::string text;
    double score = 0;
    std::int64_t start = 0, end = 0;
  };
  std::vector<Alternative> alternatives;
};

struct ExplainOptions {
  // What is explained: a label, a filled mask, a part of the context, a continuation, a translation. Empty:
  // the model's own answer.
  std::string target;
  std::string contrast;  // why the target and not this: the difference of both; empty: none
  // Of attribution: "integrated-gradients", "gradient-x-input", "smooth-gradient", "attention-gradient",
  // "occlusion". Empty: the first, or the second where there are several answers.
  std::vector<std::string> methods;
  int steps = 50;             // of integrated gradients
  std::int64_t top = 5;       // candidates of each answer
  std::int64_t written = 1;   // tokens that a decoder writes where no target is given
  bool faithfulness = false;  // whether the attributions are true, in the JSON and the page
  bool page = false;          // Explanation::html
  // Heads whose queries and keys stand in the JSON and on the page: "encoder.block.3.attention:heads=2,5".
  std::vector<std::string> neurons = {};
  std::stop_token stop = {};
};

// What a model answers about a text, and how much each token contributed (docs/explain.md).
struct Explanation {
  struct Token {
    std::string piece;
    bool special = false;    // added around the text
    bool continues = false;  // belongs to the word of the token before
  };
  struct Side {  // what a stack reads: the text; of an encoder-decoder the source and what is written
    std::string name, text;
    std::vector<Token> tokens;
  };
  struct Attribution {
    std::string method;
    std::vector<std::vector<double>> scores;            // of each side, one for each token
    double value = 0;                                   // the number explained: a logit, or nats
    double baseline_value = 0, completeness_error = 0;  // of integrated gradients
  };
  struct Answer {
    std::string text, contrast;
    std::string about;  // the token that it is about; empty: the whole text
    double score = 0;   // its probability
    std::vector<Attribution> attributions;
  };
  std::string task, result;  // result: what the model writes, where it writes
  std::vector<Side> sides;
  std::vector<Answer> answers;
  std::string json;  // all that is known, attention's figures too: one line
  std::string html;  // a page to open in a browser, where it was asked for
};

// A loaded model with its tokenizer. Immutable: any number of threads may call it at once, and two models may
// live in one process. Movable, not copyable. A moved-from model may only be destroyed or assigned to.
//
// UTF-8 in and out; what is not valid UTF-8 is replaced by U+FFFD. What a text gets depends neither on the
// others nor on the number of threads. A call of what the model is not for (translate of a BERT, say) is an
// InputError that says what was found.
class Model {
 public:
  ~Model();
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;

  // By an encoder-decoder. A text of nothing but white space has an empty translation; one longer than the
  // model's positions is translated in pieces.
  Translation translate(std::string_view text, const TranslateOptions& options = {}) const;
  std::vector<Translation> translate(const std::vector<std::string>& texts,
                                     const TranslateOptions& options = {}) const;
  // The same of one summary for each text: what is too long is cut.
  Translation summarize(std::string_view text, const TranslateOptions& options = {}) const;
  std::vector<Translation> summarize(const std::vector<std::string>& texts,
                                     const TranslateOptions& options = {}) const;

  // How prompts go on, by a decoder. An empty prompt begins with bos_token_id; without one its result is
  // empty.
  Generation generate(std::string_view prompt, const GenerateOptions& options = {}) const;
  std::vector<Generation> generate(const std::vector<std::string>& prompts,
                                   const GenerateOptions& options = {}) const;

  // A vector for each text, by a text encoder, T5's encoder or a decoder's stack: as a sentence-transformers
  // directory says, else the mean of the last layer's states. Texts are cut to as many tokens as the model
  // reads.
  std::vector<float> embed(std::string_view text, const EmbedOptions& options = {}) const;
  std::vector<std::vector<float>> embed(const std::vector<std::string>& texts,
                                        const EmbedOptions& options = {}) const;

  // What stands in the place of the mask token ([MASK], <mask>), by a masked language model. InputError: a
  // text without a mask, or longer than the model's positions.
  FilledText fill_mask(std::string_view text, const FillMaskOptions& options = {}) const;
  std::vector<FilledText> fill_mask(const std::vector<std::string>& texts,
                                    const FillMaskOptions& options = {}) const;

  // What a text, or a pair of texts judged together, is, by a model for text classification. Texts are cut to
  // as many tokens as the model reads.
  Classification classify(std::string_view text, const ClassifyOptions& options = {}) const;
  std::vector<Classification> classify(const std::vector<std::string>& texts,
                                       const ClassifyOptions& options = {}) const;
  std::vector<Classification> classify(const std::vector<std::pair<std::string, std::string>>& pairs,
                                       const ClassifyOptions& options = {}) const;

  // A tag for each word and the entities that tags make (docs/tasks/token-classification.md), by a model for
  // token classification. A text longer than the model reads is read in windows.
  TaggedText tag(std::string_view text, const TagOptions& options = {}) const;
  std::vector<TaggedText> tag(const std::vector<std::string>& texts, const TagOptions& options = {}) const;

  // The part of a context that answers a question, by a model for question answering. A long context is read
  // in windows.
  Answer answer(std::string_view question, std::string_view context, const AnswerOptions& options = {}) const;
  std::vector<Answer> answer(const std::vector<Question>& questions, const AnswerOptions& options = {}) const;

  // Why it answers what it does, by a model of any kind; two texts with a tab between where it reads two.
  Explanation explain(std::string_view text, const ExplainOptions& options = {}) const;

 private:
  friend Model load(const std::filesystem::path& directory, const LoadOptions& options);
  struct Impl;
  explicit Model(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

// A model from the directory of a checkpoint in the form of Hugging Face transformers: config.json,
// model.safetensors, the tokenizer's files. Nothing is fetched, and no code in it is run.
Model load(const std::filesystem::path& directory, const LoadOptions& options = {});

}  // namespace regard
