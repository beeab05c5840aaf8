#pragma once

#include <optional>
#include <string>
#include <vector>

#include "regard/base/json.h"
#include "regard/explain/answers.h"
#include "regard/explain/attention_reader.h"
#include "regard/explain/attribution.h"
#include "regard/explain/direct.h"
#include "regard/explain/faithfulness.h"
#include "regard/explain/neurons.h"

namespace regard::explain {

struct ExplainedToken {
  std::string piece;       // as the tokenizer shows it
  std::int32_t id = -1;    // -1: none is known
  bool special = false;    // added around the text
  bool continues = false;  // belongs to the word of the token before
};
// What a stack reads: the text; of an encoder-decoder the source and the prefix.
struct TokenSide {
  std::string name, text;
  std::vector<ExplainedToken> tokens;
};

struct NamedCandidate {
  std::string text;
  double probability = 0;
};

// What the model answers after a block.
struct LensLayer {
  double probability = 0;  // of the answer explained
  std::vector<NamedCandidate> best;
};

struct HeadImportance {
  AttentionName name;
  std::vector<double> heads;
};

// An answer, and the same with values changed inside the model.
struct ExplainedAnswer {
  std::string text;      // a label, a token
  std::string contrast;  // "and not that one"; empty: none
  std::string about;     // the token it is an answer about; empty: the whole text
  Quantity quantity;
  double value = 0, probability = 0;
  std::vector<NamedCandidate> candidates;
  struct Changed {
    double value = 0, probability = 0;
    std::vector<NamedCandidate> candidates;
  };
  std::optional<Changed> changed;
  std::vector<LensLayer> lens;
  std::vector<Attribution> attributions;
  std::vector<Faithfulness> faithfulness;  // of each attribution; empty: not asked
  std::vector<HeadImportance> importance;
  std::optional<DirectEffects> direct;  // on the logit, where the model's parts add up to it
};

struct Explanation {
  std::string task, text;
  std::string result, changed_result;  // what the model writes, where it writes; and with values changed
  std::vector<TokenSide> sides;
  std::vector<LayerWeights> attention;
  std::vector<HeadNeurons> neurons;  // of chosen heads
  Matrix encoder_rollout, decoder_rollout;
  std::vector<ExplainedAnswer> answers;
};

// Whether attention's weights stand in the JSON too.
enum class JsonAttention : std::uint8_t { left_out, lists, bytes };
// docs/explain.md has the keys. `bytes`, for the page: each layer's weights [H,T,S] as base64 of bytes of
// which 255 is 1; queries and keys as base64 of i8 of which 127 is "most"; of scores, as base64 of f32.
Json to_json(const Explanation& explanation, JsonAttention attention);
Json to_json(const HeadFigures& figures);
// "encoder", "decoder" or "cross".
std::string_view name_of(AttentionPart part);

}  // namespace regard::explain
