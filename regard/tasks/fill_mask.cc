#include "regard/tasks/fill_mask.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/ops/softmax.h"
#include "regard/base/error.h"
#include "regard/models/registry.h"

namespace regard::tasks {
namespace {

using Ids = std::vector<std::int32_t>;

struct Guess {
  std::int32_t id = 0;
  double score = 0;
};

std::vector<Guess> best_of(const std::vector<double>& row, std::size_t top) {
  std::vector<std::int32_t> ids(row.size());
  std::iota(ids.begin(), ids.end(), 0);
  top = std::min(top, ids.size());
  std::partial_sort(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(top), ids.end(),
                    [&](std::int32_t a, std::int32_t b) {
                      const double x = row[static_cast<std::size_t>(a)], y = row[static_cast<std::size_t>(b)];
                      return x != y ? x > y : a < b;
                    });
  std::vector<Guess> best;
  for (std::size_t i = 0; i < top; ++i) best.push_back({ids[i], row[static_cast<std::size_t>(ids[i])]});
  return best;
}

// The candidates' lines. `masks` are the places of the masks in `ids`, guesses[m] those of mask m.
FilledLine filled(const Tokenizer& tokenizer, const Ids& ids, const std::vector<std::size_t>& masks,
                  const std::vector<std::vector<Guess>>& guesses) {
  Ids best = ids;
  for (std::size_t m = 0; m < masks.size(); ++m) best[masks[m]] = guesses[m].front().id;
  FilledLine line;
  line.text = tokenizer.decode(best);
  for (std::size_t m = 0; m < masks.size(); ++m)
    for (const Guess& guess : guesses[m]) {
      Ids with = best;
      with[masks[m]] = guess.id;
      const Ids alone{guess.id};
      line.candidates.push_back({tokenizer.decode(alone, SpecialTokens::keep), guess.score,
                                 tokenizer.decode(with), static_cast<std::int64_t>(m)});
    }
  return line;
}

}  // namespace

MaskFiller MaskFiller::load(const std::filesystem::path& directory) {
  auto model = models::load_as<models::TextEncoder>(directory);
  if (model->head() != models::HeadKind::vocabulary) {
    const auto file = (directory / "config.json").string();
    const JsonField config(model->config(), file);
    const std::string expected = "a masked language model (...ForMaskedLM)";
    if (config.has("architectures")) config.at("architectures").refuse(expected);
    config.refuse("architectures that name " + expected);
  }
  return {std::move(model), load_tokenizer(directory)};
}

MaskFiller::MaskFiller(std::unique_ptr<const models::TextEncoder> model,
                       std::unique_ptr<const Tokenizer> tokenizer)
    : model_(std::move(model)), tokenizer_(std::move(tokenizer)) {
  const auto mask = tokenizer_->special_ids().mask;
  if (!mask) throw InputError("the tokenizer has no mask token: there is nothing to fill");
  mask_ = *mask;
  mask_piece_ = tokenizer_->piece(mask_);
}

std::vector<FilledLine> MaskFiller::fill(std::span<const std::string> lines, const StepOptions& options,
                                         const FillMaskOptions& how, std::size_t first_line) const {
  std::vector<Ids> ids;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    ids.push_back(tokenizer_->encode_ids(lines[i], TextSide::source));
    if (std::find(ids[i].begin(), ids[i].end(), mask_) == ids[i].end())
      throw InputError(fmt::format("line {}: found no {}, expected one where a token is missing",
                                   first_line + i, mask_piece_));
    if (static_cast<std::int64_t>(ids[i].size()) > model_->max_positions())
      throw InputError(fmt::format("line {}: found {} tokens, expected at most {}", first_line + i,
                                   ids[i].size(), model_->max_positions()));
  }
  std::vector<FilledLine> results;
  for (std::size_t begin = 0; begin < lines.size();) {
    if (how.cancelled && how.cancelled()) throw Interrupted("interrupted while filling masks");
    std::size_t end = begin;
    std::int64_t tokens = 0;
    std::vector<Ids> rows;
    do {
      tokens += static_cast<std::int64_t>(ids[end].size());
      rows.push_back(ids[end++]);
    } while (end < lines.size() && static_cast<std::int64_t>(end - begin) < how.batch_size &&
             tokens + static_cast<std::int64_t>(ids[end].size()) <= how.batch_tokens);
    const TokenBatch batch = TokenBatch::of(rows);
    Step step(options);
    const Var hidden = model_->hidden(step, {.tokens = &batch});
    std::vector<std::int32_t> places;
    const auto all = batch.ids.host<std::int32_t>();
    for (std::size_t n = 0; n < all.size(); ++n)
      if (all[n] == mask_) places.push_back(static_cast<std::int32_t>(n));
    const auto count = static_cast<std::int64_t>(places.size());
    const Var masked = gather_rows(hidden, Tensor::from<std::int32_t>({count}, places));
    const auto head = model_->project(masked, batch.layout);
    const Tensor scores = softmax(linear(head.features, head.projection)).value();
    std::int64_t row = 0;
    for (std::size_t i = begin; i < end; ++i) {
      std::vector<std::size_t> masks;
      std::vector<std::vector<Guess>> guesses;
      for (std::size_t t = 0; t < ids[i].size(); ++t)
        if (ids[i][t] == mask_) {
          masks.push_back(t);
          guesses.push_back(
              best_of(scores.rows(row, row + 1).to_doubles(), static_cast<std::size_t>(how.top)));
          ++row;
        }
      results.push_back(filled(*tokenizer_, ids[i], masks, guesses));
    }
    begin = end;
  }
  return results;
}

}  // namespace regard::tasks
