#include "regard/tasks/number_alignment.h"

#include <algorithm>

#include "regard/tasks/numbers.h"
#include "regard/tasks/translate_result.h"

namespace regard::tasks {
namespace {

struct Pair {
  AlignedNumber truth;
  AlignmentUnits tokens;
  explain::AlignmentPair ids;
};

Pair pair_of(const Tokenizer& tokenizer, std::int32_t start, std::int64_t number) {
  Pair made{aligned_number(number), {}, {}};
  for (const Token& token : tokenizer.encode(made.truth.english, TextSide::source)) {
    made.ids.source.push_back(token.id);
    made.tokens.source.push_back({token.begin, token.end});
  }
  made.ids.inputs.push_back(start);
  for (const Token& token : tokenizer.encode(made.truth.chinese, TextSide::target)) {
    made.ids.inputs.push_back(token.id);
    made.tokens.target.push_back({token.begin, token.end});
  }
  made.ids.inputs.pop_back();  // the end token is what the last position predicts
  return made;
}

}  // namespace

AlignmentScore number_alignment(const Translator& translator, std::span<const std::int64_t> numbers,
                                const StepOptions& step, const explain::AlignmentChoice& choice) {
  constexpr std::size_t at_once = 64;
  const std::int32_t start = translator.generation().decoder_start_token_id;
  AlignmentErrorRate rate;
  for (std::size_t begin = 0; begin < numbers.size(); begin += at_once) {
    std::vector<Pair> pairs;
    std::vector<explain::AlignmentPair> ids;
    for (const std::int64_t number : numbers.subspan(begin, std::min(at_once, numbers.size() - begin))) {
      pairs.push_back(pair_of(translator.tokenizer(), start, number));
      ids.push_back(pairs.back().ids);
    }
    const auto alignments = explain::align(translator.model(), step, ids, choice);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const AlignedNumber& truth = pairs[i].truth;
      rate.add(unit_links(alignments[i].best(), pairs[i].tokens, {truth.words, truth.characters}),
               truth.alignment);
    }
  }
  return rate.score();
}

}  // namespace regard::tasks
