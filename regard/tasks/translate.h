#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "regard/decode/search.h"
#include "regard/explain/alignment.h"
#include "regard/explain/attention_maps.h"
#include "regard/metrics/alignment_error_rate.h"
#include "regard/models/sequence_to_sequence.h"
#include "regard/text/placeholders.h"
#include "regard/text/tokenizer.h"

namespace regard::tasks {

struct TranslateOptions {
  decode::GenerationConfig config;
  std::int64_t batch_size = 32;      // sources decoded together, at most
  std::int64_t batch_tokens = 4096;  // sources x the longest one's tokens, at most (but one always fits)
  std::int64_t nbest = 0;            // results kept of each line, at most; 0: all that the search finds
  // What beside the text is wanted; each costs a second pass over the results.
  bool alignment = false;
  bool attention = false;
  explain::AlignmentChoice alignment_choice;  // also of what is said below to follow the attention
  // An unknown token becomes the source word it looked at.
  bool replace_unknown = false;
  // Parts of the source that stand verbatim, and as often, in the result; null: none. Outlives the call. The
  // model sees a short word in the place of each. Where that word does not come out, the part is put where
  // the attention says.
  const PlaceholderRules* keep = nullptr;
  // Every sentence of a line is translated by itself. Without it only lines longer than the model's positions
  // are cut: at the ends of sentences, or else of clauses or words.
  bool split_sentences = false;
  // Of a line that is longer than the model's positions only the beginning is read, as summaries are learned;
  // otherwise it is translated in pieces.
  bool cut_sources = false;
  // What results begin with: one text for all lines, or one for each (which may be empty).
  std::string prefix = {};
  std::vector<std::string> prefixes = {};
  std::function<bool()> cancelled = {};              // asked before every token: Interrupted
  std::function<void(std::size_t)> translated = {};  // lines done, after every batch
};

// One result for a line.
struct Alternative {
  std::string text;
  double score = 0;                 // what the search ranks by; of several pieces the mean
  double quality = 0;               // mean log p of the tokens: an estimate of how good it is, at most 0
  std::vector<std::string> tokens;  // pieces of the target, end tokens included where there are any
  // With TranslateOptions::alignment: for each token its source token, in the order of tokens; and the words
  // they make (word_spans of the line and of the text), sorted, without end tokens.
  std::vector<AlignmentLink> alignment, word_alignment;
};

// Of one line, the best result first. An empty line (nothing but white space) has an empty text without
// tokens.
struct Translation : Alternative {
  std::vector<Alternative> alternatives;   // the other results: best first, or samples as they were drawn
  std::vector<std::string> source_tokens;  // with alignment or attention: what the columns are
  explain::CrossAttention attention;       // with attention: [layer][H,tokens,source tokens]
  std::int64_t pieces = 1;                 // that the line was translated in
  bool too_long = false;                   // the line was longer than the model's positions
  // Of the text, not of the alternatives:
  std::int64_t unknown_replaced = 0;  // tokens
  std::int64_t kept = 0;              // parts that came through the model
  std::int64_t placed = 0;            // parts that were put where the attention says
};

// A translation model with its tokenizer. Immutable: threads may share it, each with a step of its own.
class Translator {
 public:
  // From a checkpoint directory. InputError: a file is missing or damaged, or the tokenizer has ids that the
  // model does not.
  static Translator load(const std::filesystem::path& directory);
  Translator(std::unique_ptr<const models::SequenceToSequence> model,
             std::unique_ptr<const Tokenizer> tokenizer);

  // The generation keys of the directory with these overrides; where nothing says how long a result may be,
  // as long as the positions allow (transformers: 20 tokens).
  decode::GenerationConfig generation(const Json& overrides = Json::object()) const;

  // One translation for each line, in order. Lines are decoded in batches of similar length; what a line gets
  // does not depend on the others. Invalid UTF-8 is replaced. Line breaks in a text are spaces. UsageError: a
  // layer or head that the model does not have, prefixes that are not as many as the lines, a common prefix
  // that leaves no room for a token; InputError: a line's own that does not.
  std::vector<Translation> translate(std::span<const std::string> lines, const StepOptions& step,
                                     const TranslateOptions& options) const;

  const models::SequenceToSequence& model() const { return *model_; }
  const Tokenizer& tokenizer() const { return *tokenizer_; }

 private:
  std::filesystem::path directory_;
  std::unique_ptr<const models::SequenceToSequence> model_;
  std::unique_ptr<const Tokenizer> tokenizer_;
};

// The keys with which a search finds so many results for each line (0: whatever the keys say): samples, or a
// beam that is wide enough. UsageError where the keys themselves ask for a narrower beam.
Json with_nbest(const Translator& translator, Json keys, std::int64_t nbest);

}  // namespace regard::tasks
