#include "regard/tasks/embed.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "regard/base/error.h"
#include "regard/base/parallel.h"
#include "regard/models/registry.h"
#include "regard/text/lowercase.h"
#include "regard/text/unicode.h"

namespace regard::tasks {
namespace {

using Ids = std::vector<std::int32_t>;

template <class T>
void pool(std::span<const T> states, std::int64_t C, Pooling how, std::vector<float>& out) {
  const std::int64_t N = static_cast<std::int64_t>(states.size()) / C;
  const auto row = [&](std::int64_t n) { return states.subspan(static_cast<std::size_t>(n * C)); };
  const auto width = static_cast<std::size_t>(C);
  if (how == Pooling::first || how == Pooling::last) {
    const auto chosen = row(how == Pooling::first ? 0 : N - 1).first(width);
    for (const T x : chosen) out.push_back(static_cast<float>(x));
    return;
  }
  std::vector<double> sum(width, how == Pooling::max ? -std::numeric_limits<double>::infinity() : 0.0);
  for (std::int64_t n = 0; n < N; ++n) {
    const double weight = how == Pooling::weighted_mean ? static_cast<double>(n + 1) : 1;
    const auto x = row(n);
    for (std::size_t c = 0; c < width; ++c)
      sum[c] = how == Pooling::max ? std::max(sum[c], static_cast<double>(x[c]))
                                   : sum[c] + weight * static_cast<double>(x[c]);
  }
  const auto tokens = static_cast<double>(N);
  const double divisor = how == Pooling::mean               ? tokens
                         : how == Pooling::mean_sqrt_length ? std::sqrt(tokens)
                         : how == Pooling::weighted_mean    ? tokens * (tokens + 1) / 2
                                                            : 1;
  for (const double s : sum) out.push_back(static_cast<float>(s / divisor));
}

// Batches of texts of similar length, the longest first.
struct Batches {
  std::vector<std::size_t> order;
  std::vector<std::pair<std::size_t, std::size_t>> ranges;  // of `order`
};
Batches batches_of(const std::vector<Ids>& texts, const EmbedOptions& how) {
  Batches b;
  b.order.resize(texts.size());
  std::iota(b.order.begin(), b.order.end(), std::size_t{0});
  std::stable_sort(b.order.begin(), b.order.end(),
                   [&](std::size_t x, std::size_t y) { return texts[x].size() > texts[y].size(); });
  for (std::size_t begin = 0; begin < b.order.size();) {
    const auto longest = static_cast<std::int64_t>(std::max<std::size_t>(1, texts[b.order[begin]].size()));
    const std::int64_t rows = std::clamp<std::int64_t>(how.batch_tokens / longest, 1, how.batch_size);
    const std::size_t end = std::min(b.order.size(), begin + static_cast<std::size_t>(rows));
    b.ranges.emplace_back(begin, end);
    begin = end;
  }
  return b;
}

}  // namespace

std::vector<float> pooled(const Tensor& states, std::span<const Pooling> pooling) {
  std::vector<float> vector;
  for (const Pooling how : pooling) {
    if (states.dtype() == DType::f64)
      pool(states.host<double>(), states.size(1), how, vector);
    else
      pool(states.host<float>(), states.size(1), how, vector);
  }
  return vector;
}

void normalize(std::vector<float>& vector) {
  double sum = 0;
  for (const float x : vector) sum += static_cast<double>(x) * static_cast<double>(x);
  const double length = std::max(1e-12, std::sqrt(sum));
  for (float& x : vector) x = static_cast<float>(static_cast<double>(x) / length);
}

Embedder Embedder::load(const std::filesystem::path& directory) {
  EmbeddingForm form = embedding_form(directory);
  auto model = models::as_kind<models::TextEncoder>(models::load_base(form.model), form.model.string());
  auto tokenizer = load_tokenizer(form.model);
  return {std::move(form), std::move(model), std::move(tokenizer)};
}

Embedder::Embedder(EmbeddingForm form, std::unique_ptr<const models::TextEncoder> model,
                   std::unique_ptr<const Tokenizer> tokenizer)
    : form_(std::move(form)), model_(std::move(model)), tokenizer_(std::move(tokenizer)) {
  std::int64_t most = model_->max_positions();
  if (form_.max_tokens)
    most = std::min(most, *form_.max_tokens);
  else if (const auto truncation = tokenizer_->truncation())
    most = std::min(most, static_cast<std::int64_t>(truncation->max_length));
  most_tokens_ = static_cast<std::size_t>(most);
}

std::int64_t Embedder::width() const {
  return JsonField(model_->config(), "config.json").at("hidden_size").positive() *
         static_cast<std::int64_t>(form_.pooling.size());
}

Ids Embedder::ids_of(const std::string& text) const {
  const std::string whole = form_.prompt + (form_.lowercase ? lowercase(replace_invalid_utf8(text)) : text);
  Ids ids = tokenizer_->encode_ids(whole, TextSide::source);
  if (ids.size() > most_tokens_) {
    const Encoding cut =
        tokenizer_->encode(TextPair{whole, {}}, {.truncation = Truncation{.max_length = most_tokens_}});
    ids.clear();
    for (const Token& token : cut.tokens) ids.push_back(token.id);
  }
  if (ids.empty())
    throw InputError("a text without tokens, and the tokenizer adds none: there is nothing to embed");
  return ids;
}

std::vector<std::vector<float>> Embedder::embed(std::span<const std::string> texts,
                                                const StepOptions& options, const EmbedOptions& how) const {
  std::vector<Ids> ids(texts.size());
  options.threads->run(static_cast<std::int64_t>(texts.size()), [&](std::int64_t i) {
    ids[static_cast<std::size_t>(i)] = ids_of(texts[static_cast<std::size_t>(i)]);
  });
  std::vector<std::vector<float>> vectors(texts.size());
  const Batches batches = batches_of(ids, how);
  for (const auto& range : batches.ranges) {
    const std::size_t begin = range.first, end = range.second;  // clang 14 captures no bindings
    if (how.cancelled && how.cancelled()) throw Interrupted("interrupted while embedding");
    std::vector<Ids> rows;
    for (std::size_t i = begin; i < end; ++i) rows.push_back(std::move(ids[batches.order[i]]));
    const TokenBatch batch = TokenBatch::of(rows);
    Step step(options);
    const Tensor states = model_->hidden(step, {.tokens = &batch}).value();
    options.threads->run(static_cast<std::int64_t>(end - begin), [&](std::int64_t i) {
      const Sequence& s = batch.layout.sequences()[static_cast<std::size_t>(i)];
      std::vector<float>& vector = vectors[batches.order[begin + static_cast<std::size_t>(i)]];
      vector = pooled(states.rows(s.begin, s.begin + s.length), form_.pooling);
      if (form_.normalize) normalize(vector);
    });
    if (how.embedded) how.embedded(end);
  }
  return vectors;
}

}  // namespace regard::tasks
