#pragma once

#include <optional>
#include <string>
#include <vector>

#include "regard/base/json.h"
#include "regard/models/text_encoder.h"
#include "regard/nn/attention/multi_head.h"
#include "regard/nn/feed_forward.h"

// What distinguishes BERT (Devlin et al. 2019) and its cousins, as values. A family is a reading of its
// config.json into these and a table of its weights' names.

namespace regard::models {

// A head's own layers before its projection: dense layer (absent where its name is), activation, norm.
struct EncoderHeadConfig {
  HeadKind kind = HeadKind::none;
  std::int64_t labels = 2;
  ProblemType problem = ProblemType::unsaid;
  bool tied = true;  // whether the vocabulary's projection is the table of embeddings
  double dropout = 0;
  // Whether a text's halves belong together (Devlin et al. 2019): the label of a sequence, or asked beside
  // the vocabulary.
  bool relation = false;
  double relation_dropout = 0;  // of what it is read from, beside the vocabulary
  kernels::Activation vocabulary_activation = kernels::Activation::gelu;
  kernels::Activation sequence_activation = kernels::Activation::tanh;
  kernels::Activation replaced_activation = kernels::Activation::gelu;
};

struct TextEncoderConfig {
  std::int64_t vocabulary = 0, width = 0;  // V, C
  std::int64_t embedding_width = 0;        // E
  enum class Projected : std::uint8_t {
    where_widths_differ,
    always
  } projected = Projected::where_widths_differ;
  std::int64_t layers = 0, heads = 0, inner = 0;
  // Layers share weights: `layers` are runs of `run` layers, one after another, run i with the weights of
  // group i * groups / runs (Lan et al. 2020). What a layer computes with is block_of(layer) of
  // block_count().
  std::int64_t groups = 0, run = 1;
  std::int64_t block_count() const { return groups * run; }
  std::int64_t block_of(std::int64_t layer) const {
    return layer / run * groups / (layers / run) * run + layer % run;
  }

  std::int64_t position_rows = 0;  // of the table; 0: there is none
  std::int64_t max_positions = 0;  // of a text, where there is no table
  // Positions count the tokens of a sequence that are not this one, from the row behind it on; those that are
  // stand at its own row (Liu et al. 2019). Absent: a token's position is its row.
  std::optional<std::int32_t> position_padding;
  enum class PositionTable : std::uint8_t { learned, sinusoidal } position_table = PositionTable::learned;
  std::int64_t relative_buckets = 0, relative_farthest = 128;  // 0: no bias by distance
  // Terms of scores by content and sorted distance (He et al. 2021): each half of `content_rows` is for one
  // side; 0: none. content_farthest: distances from half the buckets on widen up to it; 0: each has its own.
  std::int64_t content_rows = 0, content_farthest = 0;
  bool content_of_query = false, content_of_key = false;  // which terms
  bool content_normalized = false;                        // whether the distances' rows are
  bool content_shared = false;          // whether they go through the projections of queries and keys
  std::int64_t types = 0;               // of tokens; 0: it has none
  double embedding_scale = 1;           // of the tokens' rows
  std::optional<std::int32_t> padding;  // the token whose row is not trained

  // Which tokens see which. windows: those at most `windows`[layer] / 2 away, and global tokens (Beltagy et
  // al. 2020); blocks: those of certain blocks, in texts of more than 5 + 2 random_blocks (Zaheer et al.
  // 2020).
  enum class Pattern : std::uint8_t { full, windows, blocks } pattern = Pattern::full;
  std::vector<std::int64_t> windows;
  std::int32_t separator = -1;  // ends the question where a span is sought and global tokens are not given
  std::int64_t block = 64, random_blocks = 3;

  // Tokens that neighbors are mixed into behind the first layer, themselves counted: an odd number; 0: none.
  std::int64_t convolution = 0;
  kernels::Activation convolution_activation = kernels::Activation::tanh;
  // Of a span: tokens up to the first separator have type 0 and the others 1, where no types are given, and
  // no answer begins or ends among the former but at the first.
  bool question_apart = false;

  double norm_epsilon = 1e-12;
  kernels::Activation activation = kernels::Activation::gelu;
  double dropout = 0, attention_dropout = 0;
  double attention_output_dropout = 0;
  EncoderHeadConfig head;
};

// Names of weights, those of a block below `layers`.N. (and `run`.M. where layers come in runs); absent where
// empty. All but those of `head` stand below `prefix` in a file that has a head.
struct EncoderHeadNames {
  std::string vocabulary_dense, vocabulary_norm, vocabulary_bias;
  std::string vocabulary;      // the projection, e.g. "cls.predictions.decoder"
  std::string sequence_dense;  // absent: the pooler
  std::string sequence, tokens = "classifier", span = "qa_outputs";
  nn::FeedForwardNames span_feed_forward;  // before the projection, in a residual connection
  std::string span_norm;
  std::string replaced_dense, replaced;
  std::string choice_dense, choice = "classifier";  // the former absent: the pooler
  std::string relation;                             // e.g. "cls.seq_relationship"
  std::string_view relation_output = "seq_relationship_logits";
};
struct TextEncoderNames {
  std::string prefix;
  std::string words = "embeddings.word_embeddings.weight";
  std::string positions = "embeddings.position_embeddings.weight";
  std::string types = "embeddings.token_type_embeddings.weight";
  std::string embedding_norm = "embeddings.LayerNorm", embedding_projection, relative_bias;
  std::string layers = "encoder.layer", run;
  nn::MultiHeadNames attention;
  nn::MultiHeadNames global_attention;  // its output is that of `attention`; query absent: there is none
  std::string content, content_norm, content_query, content_key;  // the last two: projections of a block
  std::string attention_norm;
  nn::FeedForwardNames feed_forward;
  std::string feed_forward_norm;
  std::string convolution, convolution_norm;
  std::string pooler;
  EncoderHeadNames head;
  std::string block(std::int64_t i, std::int64_t run_length) const {
    const std::string group = layers + "." + std::to_string(i / run_length) + ".";
    return run.empty() ? group : group + run + "." + std::to_string(i % run_length) + ".";
  }
};

// The head that `architectures` names: a class of transformers called `family` + "Model", "ForMaskedLM" and
// so on, or one of `more`; others are refused. No `architectures`: the encoder alone.
struct HeadClasses {
  std::string_view family;
  std::string_view replaced = {};       // e.g. "ElectraForPreTraining"; empty: it has none
  std::string_view pretraining = {};    // with a head for the vocabulary and one for the relation; or empty
  std::string_view next_sentence = {};  // with the latter alone; or empty
};
EncoderHeadConfig encoder_head(const JsonField& config, const HeadClasses& classes);
// The number of labels and what they mean, for a head of that kind.
EncoderHeadConfig label_config(const JsonField& config, HeadKind kind);

// The keys that BERT's descendants have in common. InputError that names file and key where a value is
// missing, impossible or not supported (a decoder, relative positions by key).
TextEncoderConfig bert_like_config(const JsonField& config, const HeadClasses& classes);

kernels::Activation encoder_activation(const JsonField& config, std::string_view key);
double encoder_rate(const JsonField& config, std::string_view key);

}  // namespace regard::models
