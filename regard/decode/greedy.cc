#include <algorithm>
#include <cmath>
#include <numeric>

#include "regard/base/error.h"
#include "regard/decode/logits.h"
#include "regard/decode/search.h"

namespace regard::decode {
namespace {

struct Line {
  std::size_t source = 0;
  TokenIds ids;
  double sum = 0;  // of log p
};

// The best next token of adjusted logits; adds its log p under the unadjusted ones to the line's sum.
void extend(Line& line, std::span<const float> logits, std::int64_t max_length, const GenerationConfig& how) {
  std::vector<float> scores(logits.begin(), logits.end());
  adjust(scores, {line.ids, max_length}, how);
  const auto best = static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float x : logits) sum += std::exp(static_cast<double>(x) - largest);
  line.sum += static_cast<double>(logits[best]) - largest - std::log(sum);
  line.ids.push_back(static_cast<std::int32_t>(best));
}

bool ended(const Line& line, std::int64_t max_length, const GenerationConfig& how) {
  return static_cast<std::int64_t>(line.ids.size()) >= max_length ||
         std::find(how.eos_token_id.begin(), how.eos_token_id.end(), line.ids.back()) !=
             how.eos_token_id.end();
}

}  // namespace

std::vector<std::vector<Hypothesis>> greedy_search(const models::SequenceToSequence& model,
                                                   const models::Memory& memory,
                                                   const SearchOptions& options) {
  const GenerationConfig& how = options.config;
  const std::int64_t max_length = how.longest(model.max_positions());
  const auto count = static_cast<std::size_t>(memory.layout.batch());
  std::vector<std::vector<Hypothesis>> results(count);
  std::vector<int> rows(count);
  std::iota(rows.begin(), rows.end(), 0);
  std::vector<Line> lines;
  for (std::size_t i = 0; i < count; ++i) lines.push_back({i, {how.decoder_start_token_id}, 0});
  const auto state = model.begin(memory, rows);
  const ThreadPool& threads = *memory.states.step().kernels().threads;

  while (!lines.empty()) {
    if (options.cancelled && options.cancelled()) throw Interrupted("interrupted");
    std::vector<std::int32_t> last;
    for (const Line& line : lines) last.push_back(line.ids.back());
    const Tensor logits = model.next(*state, last).value().to(DType::f32);  // [R,V]
    const auto all = logits.host<float>();
    const auto width = static_cast<std::size_t>(logits.size(1));
    threads.run(static_cast<std::int64_t>(lines.size()), [&](std::int64_t r) {
      const auto row = static_cast<std::size_t>(r);
      extend(lines[row], all.subspan(row * width, width), max_length, how);
    });
    std::vector<Line> open;
    std::vector<int> kept;
    for (std::size_t r = 0; r < lines.size(); ++r) {
      Line& line = lines[r];
      if (ended(line, max_length, how)) {
        const double score = line.sum / static_cast<double>(line.ids.size() - 1);
        results[line.source].push_back({std::move(line.ids), score});
      } else {
        kept.push_back(static_cast<int>(r));
        open.push_back(std::move(line));
      }
    }
    if (kept.size() != lines.size() && !kept.empty()) state->reorder(kept);
    lines = std::move(open);
  }
  return results;
}

}  // namespace regard::decode
