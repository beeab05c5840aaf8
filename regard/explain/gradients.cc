#include "regard/explain/gradients.h"

#include <algorithm>
#include <map>

#include "regard/autograd/tape.h"

namespace regard::explain {
namespace {

// Makes leaves of the embeddings, or of what stands in their place.
class EmbeddingProbe final : public Probe {
 public:
  EmbeddingProbe(std::vector<std::string> names, std::vector<Tensor> replaced)
      : leaves(names.size()), names_(std::move(names)), replaced_(std::move(replaced)) {}

  bool wants(const std::string& name) override {
    return std::find(names_.begin(), names_.end(), name) != names_.end();
  }
  std::optional<Tensor> see(const std::string&, const Tensor&) override { return std::nullopt; }
  Var pass(const std::string& name, const Var& x) override {
    const auto i = static_cast<std::size_t>(std::find(names_.begin(), names_.end(), name) - names_.begin());
    leaves[i] = x.step().input(replaced_.empty() ? x.value() : replaced_[i]);
    return leaves[i];
  }
  bool differentiates_parameters() const override { return false; }

  std::vector<Var> leaves;

 private:
  std::vector<std::string> names_;
  std::vector<Tensor> replaced_;
};

// x itself, beside which the gradient that reaches it is given to a leaf.
Var watched(const Var& x, const Var& leaf) {
  return record(x.value(), {x, leaf}, [](const Tensor& dy, InputGradients& in) {
    in.add(0, dy);
    in.add(1, dy);
  });
}

// Keeps weights and values of every attention, and watches what its heads give.
class AttentionProbe final : public Probe {
 public:
  struct Seen {
    Tensor weights, values;
    Var heads;
  };
  bool wants(const std::string& name) override {
    const std::string_view all(name);
    if (name.ends_with(".embedding")) return true;
    const std::size_t dot = all.rfind('.');
    if (dot == std::string_view::npos) return false;
    const std::string_view last = all.substr(dot + 1);
    return (last == "weights" || last == "values" || last == "heads") &&
           attention_name(key(name) + "weights").layer >= 0;
  }
  std::optional<Tensor> see(const std::string& name, const Tensor& value) override {
    seen[key(name)].weights = value;
    return std::nullopt;
  }
  Var pass(const std::string& name, const Var& x) override {
    // Nothing else is differentiated by, so that the gradient has somewhere to begin.
    if (name.ends_with(".embedding")) return x.step().input(x.value());
    Seen& here = seen[key(name)];
    if (name.ends_with(".values")) {
      here.values = x.value();
      return x;
    }
    here.heads = x.step().input(Tensor::zeros(x.shape(), x.dtype()));
    return watched(x, here.heads);
  }
  bool differentiates_parameters() const override { return false; }

  std::map<std::string, Seen> seen;  // by what the names begin with

 private:
  static std::string key(const std::string& name) { return name.substr(0, name.rfind('.') + 1); }
};

// [H,T,S] from what came of one layer: d number / d weight(h,t,s) = d number / d head(t,h) . value(s,g).
void fill(AttentionGradient& to, const Tensor& d_heads, const Tensor& values) {
  const auto H = static_cast<std::size_t>(to.heads), T = static_cast<std::size_t>(to.rows),
             S = static_cast<std::size_t>(to.keys);
  const auto D = static_cast<std::size_t>(values.size(2)), G = static_cast<std::size_t>(values.size(1));
  const auto dy = d_heads.to_doubles(), v = values.to_doubles();
  to.gradient.assign(H * T * S, 0.0);
  to.importance.assign(H, 0.0);
  for (std::size_t h = 0; h < H; ++h)
    for (std::size_t t = 0; t < T; ++t)
      for (std::size_t s = 0; s < S; ++s) {
        double sum = 0;
        for (std::size_t d = 0; d < D; ++d) sum += dy[(t * H + h) * D + d] * v[(s * G + h * G / H) * D + d];
        to.gradient[(h * T + t) * S + s] = sum;
        to.importance[h] += to.weights[(h * T + t) * S + s] * sum;  // a head's output is its weighted values
      }
}

}  // namespace

EmbeddingPass differentiate_embeddings(const Subject& subject, std::span<const ModelInput> inputs,
                                       const Quantity& quantity, const std::vector<Tensor>& replaced) {
  EmbeddingProbe probe(subject.embeddings(), replaced);
  Tape tape;
  StepOptions probing = subject.step_options();
  probing.tape = &tape;
  probing.probe = &probe;
  Step step(probing);
  EmbeddingPass made;
  made.measured = measure(subject.pass(step, inputs), quantity);
  tape.backward(made.measured.sum);
  made.measured.sum = {};
  for (const Var& leaf : probe.leaves) {
    made.embeddings.push_back(leaf.value());
    const Tensor& gradient = tape.gradient(leaf);
    made.gradients.push_back(gradient ? gradient : Tensor::zeros(leaf.shape(), leaf.dtype()));
  }
  return made;
}

std::vector<Tensor> embeddings_of(const Subject& subject, std::span<const ModelInput> inputs) {
  EmbeddingProbe probe(subject.embeddings(), {});
  StepOptions probing = subject.step_options();
  probing.probe = &probe;
  Step step(probing);
  subject.run(step, inputs);
  std::vector<Tensor> found;
  for (const Var& leaf : probe.leaves) found.push_back(leaf.value());
  return found;
}

std::vector<AttentionGradient> differentiate_attention(const Subject& subject, const ModelInput& input,
                                                       const Quantity& quantity) {
  AttentionProbe probe;
  Tape tape;
  StepOptions probing = subject.step_options();
  probing.tape = &tape;
  probing.probe = &probe;
  Step step(probing);
  const Measured measured = measure(subject.pass(step, std::span(&input, 1)), quantity);
  tape.backward(measured.sum);
  std::vector<AttentionGradient> found;
  for (const auto& [key, seen] : probe.seen) {
    AttentionGradient one{.name = attention_name(key + "weights"),
                          .heads = seen.weights.size(0),
                          .rows = seen.weights.size(1),
                          .keys = seen.weights.size(2),
                          .weights = seen.weights.to_doubles()};
    const Tensor& gradient = tape.gradient(seen.heads);
    fill(one, gradient ? gradient : Tensor::zeros(seen.heads.shape(), seen.heads.dtype()), seen.values);
    found.push_back(std::move(one));
  }
  std::sort(found.begin(), found.end(), [](const AttentionGradient& a, const AttentionGradient& b) {
    return std::pair(a.name.part, a.name.layer) < std::pair(b.name.part, b.name.layer);
  });
  return found;
}

}  // namespace regard::explain
