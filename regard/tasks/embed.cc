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

struct PooledTokens {
  std::int64_t width = 0, skipped = 0;
};

template <class T>
void pool(std::span<const T> states, const PooledTokens& tokens, Pooling how, std::vector<float>& out) {
  const std::int64_t C = tokens.width, N = static_cast<std::int64_t>(states.size()) / C;
  const std::int64_t begin = tokens.skipped < N ? tokens.skipped : 0;
  const auto row = [&](std::int64_t n) { return states.subspan(static_cast<std::size_t>(n * C)); };
  const auto width = static_cast<std::size_t>(C);
  if (how == Pooling::first || how == Pooling::last) {
    const auto chosen = row(how == Pooling::first ? begin : N - 1).first(width);
    for (const T x : chosen) out.push_back(static_cast<float>(x));
    return;
  }
  std::vector<double> sum(width, how == Pooling::max ? -std::numeric_limits<double>::infinity() : 0.0);
  double weights = 0;
  for (std::int64_t n = begin; n < N; ++n) {
    const double weight = how == Pooling::weighted_mean ? static_cast<double>(n + 1) : 1;
    weights += weight;
    const auto x = row(n);
    for (std::size_t c = 0; c < width; ++c)
      sum[c] = how == Pooling::max ? std::max(sum[c], static_cast<double>(x[c]))
                                   : sum[c] + weight * static_cast<double>(x[c]);
  }
  const double divisor = how == Pooling::max                ? 1
                         : how == Pooling::mean_sqrt_length ? std::sqrt(weights)
                                                            : weights;
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

std::vector<float> pooled(const Tensor& states, std::span<const Pooling> pooling, std::int64_t skipped) {
  const PooledTokens tokens{states.size(1), skipped};
  std::vector<float> vector;
  for (const Pooling how : pooling) {
    if (states.dtype() == DType::f64)
      pool(states.host<double>(), tokens, how, vector);
    else
      pool(states.host<float>(), tokens, how, vector);
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
  auto model = models::load_encoder(form.model);
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
  if (form_.pools_prompt || form_.prompt.empty()) return;
  // With what the tokenizer puts before a text, and without what it puts behind it.
  const std::vector<Token> prompt = tokenizer_->encode(TextPair{cased(form_.prompt), {}}, {}).tokens;
  prompt_tokens_ = static_cast<std::int64_t>(prompt.size());
  if (!prompt.empty() && prompt.back().special) --prompt_tokens_;
}

std::string Embedder::cased(const std::string& text) const {
  return form_.lowercase ? lowercase(replace_invalid_utf8(text)) : text;
}

Ids Embedder::ids_of(const std::string& text) const {
  const std::string whole = cased(form_.prompt + text);
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

Tensor Embedder::vectors_of(Step& step, const TokenBatch& batch) const {
  const Tensor states = model_->hidden(step, {.tokens = &batch}).value();
  const std::int64_t B = batch.layout.batch();
  const std::int64_t C = states.size(1) * static_cast<std::int64_t>(form_.pooling.size());
  std::vector<float> vectors(static_cast<std::size_t>(B * C));
  step.kernels().threads->run(B, [&](std::int64_t i) {
    const Sequence& s = batch.layout.sequences()[static_cast<std::size_t>(i)];
    const std::vector<float> vector =
        pooled(states.rows(s.begin, s.begin + s.length), form_.pooling, prompt_tokens_);
    std::copy(vector.begin(), vector.end(), vectors.begin() + static_cast<std::ptrdiff_t>(i * C));
  });
  Var x = step.constant(Tensor::from<float>({B, C}, vectors));
  for (const DenseModule& module : form_.dense) x = apply(module, x);
  return x.value();
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
    const Tensor found = vectors_of(step, batch);
    const std::vector<double> numbers = found.to_doubles();
    const auto width = static_cast<std::ptrdiff_t>(found.size(1));
    for (std::size_t i = begin; i < end; ++i) {
      const auto row = numbers.begin() + static_cast<std::ptrdiff_t>(i - begin) * width;
      std::vector<float>& vector = vectors[batches.order[i]];
      std::transform(row, row + width, std::back_inserter(vector),
                     [](double x) { return static_cast<float>(x); });
      if (form_.normalize) normalize(vector);
    }
    if (how.embedded) how.embedded(end);
  }
  return vectors;
}

}  // namespace regard::tasks
