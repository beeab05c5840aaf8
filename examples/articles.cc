// The worked examples by which articles explain attention, computed by the library, each beside the slip that
// a page makes of it. docs/articles.md tells the story; the tests run this program and compare every line.

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/ops/linear.h"
#include "regard/autograd/ops/norm.h"
#include "regard/nn/attention/attend.h"

namespace {

using namespace regard;

Tensor matrix(std::int64_t rows, std::int64_t columns, const std::vector<double>& values) {
  return Tensor::from<double>({rows, columns}, values);
}

void print(const std::string& name, const Tensor& t) {
  const auto values = t.to_doubles();
  const auto columns = static_cast<std::size_t>(t.size(-1));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i % columns == 0) std::fputs(fmt::format("  {:<10}", i == 0 ? name : "").c_str(), stdout);
    std::fputs(fmt::format("{:9.4f}{}", values[i], i % columns == columns - 1 ? "\n" : "").c_str(), stdout);
  }
}
void title(const char* text) { std::puts(fmt::format("\n{}", text).c_str()); }
void slip(const char* text) { std::puts(fmt::format("  The page: {}", text).c_str()); }

// One head over one sequence of queries and one of keys: x [N,D] -> [N,1,D].
Var one_head(const Var& x) { return reshape(x, {x.size(0), 1, x.size(1)}); }

Attention over(const Mask& mask, const Var& queries, const Var& keys, const Score& score) {
  return {.score = score, .plan = plan(mask, Layout::of({queries.size(0)}), Layout::of({keys.size(0)}))};
}

void without_parameters(Step& step) {
  title(
      "1. Attention without parameters: the vectors (1,2), (2,3), (3,4) attend to each other by dot "
      "products");
  const Var x = one_head(step.constant(matrix(3, 2, {1, 2, 2, 3, 3, 4})));
  const Attention how = over(everything(), x, x, dot());
  std::vector<double> products;
  const auto v = x.value().to_doubles();
  for (std::size_t j = 0; j < 3; ++j) products.push_back(v[0] * v[2 * j] + v[1] * v[2 * j + 1]);
  print("products", matrix(1, 3, products));
  print("weights", attention_weights(x, x, how, {.heads = {0}, .rows = {0}}).reshape({1, 3}));
  print("result", merge_heads(attend(x, x, x, how)).value().rows(0, 1));
  slip("products 5, 11, 17 and weights 0.002, 0.118, 0.880, which are those of other numbers");
}

void queries_keys_values(Step& step) {
  title("2. Queries, keys and values of three tokens of width 3: softmax(Q K^T / sqrt(3)) V");
  const Var x = step.constant(matrix(3, 3, {1, 0, 1, 0, 2, 0, 1, 1, 0}));
  const Var wq = step.constant(matrix(3, 3, {1, 0, 1, 1, 0, 0, 0, 1, 0})),
            wk = step.constant(matrix(3, 3, {0, 1, 1, 1, 1, 0, 0, 2, 0})),
            wv = step.constant(matrix(3, 3, {0, 2, 0, 0, 3, 0, 1, 0, 3}));
  const Var q = one_head(linear(x, {wq, Var()})), k = one_head(linear(x, {wk, Var()})),
            v = one_head(linear(x, {wv, Var()}));
  const Attention how = over(everything(), x, x, scaled_dot());
  const Tensor a = attention_weights(q, k, how).reshape({3, 3});
  print("A", a);
  print("A V", merge_heads(attend(q, k, v, how)).value());
  const Var av = step.constant(a);
  print("A A^T", linear(av, {av, Var()}).value());
  slip("A A^T in the place of A V: a table of how alike the tokens' weights are, into which no value enters");
}

void two_tokens(Step& step) {
  title("3. A sentence of two tokens, each of width 2, scaled dot product");
  const Var x = one_head(step.constant(matrix(2, 2, {1, 0, 0, 1})));
  const Attention how = over(everything(), x, x, scaled_dot());
  print("weights", attention_weights(x, x, how).reshape({2, 2}));
  print("result", merge_heads(attend(x, x, x, how)).value());
}

void multi_head(Step& step) {
  title("4. A layer of two heads over width 4: each head has 2 of the 4 columns and is scaled by sqrt(2)");
  const Var x = step.constant(matrix(3, 4, {1, 0, 2, 0, 0, 1, 0, 2, 1, 1, 1, 1}));
  const Attention how = over(everything(), x, x, scaled_dot());
  const Var heads = split_heads(x, 2);
  print("head 1", attention_weights(heads, heads, how, {.heads = {0}, .rows = {}}).reshape({3, 3}));
  print("head 2", attention_weights(heads, heads, how, {.heads = {1}, .rows = {}}).reshape({3, 3}));
  print("unsplit", attention_weights(one_head(x), one_head(x), how).reshape({3, 3}));
  slip("heads that are never split and scaled by the model's width: every head computes the third table");
  const Var y = merge_heads(attend(heads, heads, heads, how));
  const NormVars unit{step.constant(matrix(1, 4, {1, 1, 1, 1}).reshape({4})),
                      step.constant(Tensor::zeros({4}, DType::f64))};
  print("norm(x+y)", residual_norm({.x = y, .residual = x}, unit).first.value());
  print("norm(x+x)", residual_norm({.x = x, .residual = x}, unit).first.value());
  slip("x = x + x for the residual: then the layer adds nothing of what the heads found");
}

void masked(Step& step) {
  title("5. The same with a causal mask: a token sees itself and what stands before it");
  const Var x = step.constant(matrix(3, 4, {1, 0, 2, 0, 0, 1, 0, 2, 1, 1, 1, 1}));
  const Attention how = over(causal(), x, x, scaled_dot());
  const Var heads = split_heads(x, 2);
  print("head 1", attention_weights(heads, heads, how, {.heads = {0}, .rows = {}}).reshape({3, 3}));
}

void encoder_decoder(Step& step) {
  title(
      "6. Encoder and decoder: the decoder's tokens attend to each other (causally), then to the encoder's");
  const Var source = step.constant(matrix(3, 2, {1, 2, 2, 3, 3, 4})),
            target = step.constant(matrix(2, 2, {1, 0, 0, 1}));
  const Var s = one_head(source), t = one_head(target);
  const Var memory = attend(s, s, s, over(everything(), source, source, scaled_dot()));
  const Var self = attend(t, t, t, over(causal(), target, target, scaled_dot()));
  const Attention cross = over(everything(), target, source, scaled_dot());
  print("weights", attention_weights(self, memory, cross).reshape({2, 3}));
  print("result", merge_heads(attend(self, memory, memory, cross)).value());
  slip("no cross-attention at all: without it the decoder cannot know what it translates");
}

void cost() {
  title("7. What it costs: scores computed for n tokens, in tiles of 64 x 64");
  std::puts("         n     full attention    window(64)");
  for (std::int64_t n : {1024, 2048, 4096, 8192}) {
    const Layout layout = Layout::of({n});
    constexpr std::int64_t tile = 64 * 64;
    std::puts(fmt::format("  {:8}  {:17}  {:12}", n,
                          plan(everything(), layout, layout).tiles().cost.tiles * tile,
                          plan(window(64), layout, layout).tiles().cost.tiles * tile)
                  .c_str());
  }
  slip(
      "self-attention is linear in the length. Twice the tokens are four times the scores: n^2 d; a window "
      "is linear");
}

}  // namespace

int main() {
  const ThreadPool threads(1);
  Step step({.threads = &threads, .compute = DType::f64});
  without_parameters(step);
  queries_keys_values(step);
  two_tokens(step);
  multi_head(step);
  masked(step);
  encoder_decoder(step);
  cost();
}
