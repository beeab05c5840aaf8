#include <algorithm>
#include <cmath>
#include <optional>

#include "regard/base/error.h"
#include "regard/decode/logits.h"
#include "regard/decode/sampling.h"
#include "regard/decode/search.h"

namespace regard::decode {
namespace {

struct Line {
  std::size_t place = 0;  // source * samples + sample
  TokenIds prompt;
  TokenIds ids;              // begins with as much of the prompt as the decoder has seen
  std::int64_t longest = 0;  // may `ids` become
  std::optional<RandomKey> key = {};
  double sum = 0;  // of log p
};

std::size_t choose(const Line& line, std::span<const float> scores, const GenerationConfig& how) {
  if (!line.key)
    return static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
  constexpr std::uint64_t draws_each = 2;  // of a token: 53 bits
  const auto place = static_cast<std::uint64_t>(line.ids.size() - line.prompt.size());
  RandomStream random(*line.key, draws_each * place);
  return static_cast<std::size_t>(draw(sampling_distribution(scores, how.sampling), random.uniform()));
}

// The next token by adjusted logits; adds its log p under the unadjusted ones to the line's sum.
void extend(Line& line, std::span<const float> logits, const GenerationConfig& how) {
  if (line.ids.size() < line.prompt.size()) {
    line.ids.push_back(line.prompt[line.ids.size()]);
    return;
  }
  std::vector<float> scores(logits.begin(), logits.end());
  adjust(scores, {line.ids, line.longest, static_cast<std::int64_t>(line.prompt.size())}, how);
  const std::size_t best = choose(line, scores, how);
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float x : logits) sum += std::exp(static_cast<double>(x) - largest);
  line.sum += static_cast<double>(logits[best]) - largest - std::log(sum);
  line.ids.push_back(static_cast<std::int32_t>(best));
}

bool ended(const Line& line, const SearchOptions& options) {
  const GenerationConfig& how = options.config;
  if (line.ids.size() <= line.prompt.size()) return false;
  return static_cast<std::int64_t>(line.ids.size()) >= line.longest ||
         std::find(how.eos_token_id.begin(), how.eos_token_id.end(), line.ids.back()) !=
             how.eos_token_id.end() ||
         (options.stops && options.stops(std::span(line.ids).subspan(line.prompt.size())));
}

Hypothesis finished(Line& line) {
  Hypothesis result;
  result.prompt = static_cast<std::int64_t>(line.prompt.size());
  result.ids = std::move(line.ids);
  result.log_p = line.sum;
  result.score = line.sum / static_cast<double>(result.generated());
  return result;
}

}  // namespace

std::vector<std::vector<Hypothesis>> greedy_search(Generator& generator, const SearchOptions& options,
                                                   const std::vector<RandomKey>& keys) {
  const GenerationConfig& how = options.config;
  const std::size_t count = generator.sources(), each = keys.empty() ? 1 : keys.size() / count;
  std::vector<std::vector<Hypothesis>> results(count, std::vector<Hypothesis>(each));
  std::vector<int> rows;
  std::vector<Line> lines;
  for (std::size_t i = 0; i < count * each; ++i) {
    rows.push_back(static_cast<int>(i / each));
    const TokenIds& prompt = generator.prompt(i / each);
    const auto seen = static_cast<std::ptrdiff_t>(generator.seen(i / each));
    Line line{i, prompt, {prompt.begin(), prompt.begin() + seen}};
    line.longest = how.longest(generator.max_positions(), static_cast<std::int64_t>(prompt.size()));
    if (!keys.empty()) line.key = keys[i];
    lines.push_back(std::move(line));
  }
  const ThreadPool& threads = *generator.kernels().threads;
  if (options.cancelled && options.cancelled()) throw Interrupted("interrupted");
  Tensor logits = generator.begin(rows);  // [R,V]

  while (true) {
    const auto all = logits.host<float>();
    const auto width = static_cast<std::size_t>(logits.size(1));
    threads.run(static_cast<std::int64_t>(lines.size()), [&](std::int64_t r) {
      const auto row = static_cast<std::size_t>(r);
      extend(lines[row], all.subspan(row * width, width), how);
    });
    std::vector<Line> open;
    std::vector<int> kept;
    for (std::size_t r = 0; r < lines.size(); ++r) {
      Line& line = lines[r];
      if (options.chosen && line.ids.size() > line.prompt.size()) options.chosen(line.place, line.ids.back());
      if (ended(line, options)) {
        results[line.place / each][line.place % each] = finished(line);
      } else {
        kept.push_back(static_cast<int>(r));
        open.push_back(std::move(line));
      }
    }
    if (open.empty()) return results;
    if (kept.size() != lines.size()) generator.reorder(kept);
    lines = std::move(open);
    if (options.cancelled && options.cancelled()) throw Interrupted("interrupted");
    TokenIds last;
    for (const Line& line : lines) last.push_back(line.ids.back());
    logits = generator.next(last);
  }
}

}  // namespace regard::decode
