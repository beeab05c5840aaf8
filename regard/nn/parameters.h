#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "regard/autograd/parameter.h"
#include "regard/base/random.h"

namespace regard {
enum class WeightLayout : std::uint8_t;  // autograd/ops/linear.h
}

namespace regard::nn {

// How a weight begins when nothing is loaded.
struct Init {
  enum class Kind : std::uint8_t { zeros, ones, normal, xavier_uniform } kind = Kind::xavier_uniform;
  double deviation = 0.02;  // of normal
};
inline Init zeros() { return {Init::Kind::zeros}; }
inline Init ones() { return {Init::Kind::ones}; }
inline Init normal(double deviation) { return {Init::Kind::normal, deviation}; }
// Uniform in +-sqrt(6 / (in + out)) (Glorot & Bengio 2010); for a weight [out,in].
inline Init xavier_uniform() { return {Init::Kind::xavier_uniform}; }

// A weight [out,in] as whole numbers (i8), each output channel with a scale (f32 [out]).
struct QuantizedWeight {
  Tensor numbers, scales;
};

// Where a model's weights come from: drawn, or read from a file.
class WeightSource {
 public:
  virtual ~WeightSource() = default;
  // The tensor of that name; InputError when it is missing or its shape is another (found, expected).
  virtual Tensor get(const std::string& name, const Shape& shape, const Init& init) = 0;
  // The weight of a product where the source keeps it as whole numbers. InputError as for get().
  virtual std::optional<QuantizedWeight> quantized(const std::string& /*name*/, const Shape& /*shape*/) {
    return std::nullopt;
  }
  // Whether a file holds it; nothing where weights are drawn, for then any name gets one.
  virtual std::optional<bool> holds(const std::string& /*name*/) const { return std::nullopt; }
  // Says that two names are one tensor, of which a file may hold either. False where it holds both and they
  // differ: then they are not tied, whatever the configuration says (as in transformers).
  virtual bool tie(const std::string& name, const std::string& other) {
    (void)name, (void)other;
    return true;
  }
  // The type in which it is kept there; weights are computed with as f32 whatever it is.
  virtual DType stored_as(const std::string& name) const {
    (void)name;
    return DType::f32;
  }
};

// Drawn weights: each depends on the key and its own name alone, not on the order of construction. f32.
class RandomWeights final : public WeightSource {
 public:
  explicit RandomWeights(RandomKey key) : key_(key) {}
  Tensor get(const std::string& name, const Shape& shape, const Init& init) override;

 private:
  RandomKey key_;
};

// What a Linear adds to its product: scale * up(down(dropout(x))), with down [r,in] and up [out,r] (Hu et al.
// 2021).
struct LowRank {
  const Parameter *down = nullptr, *up = nullptr;
  double scale = 1;
  double dropout = 0;  // in training
};

// The weight of a Linear, stored as `layout` says.
struct Product {
  const Parameter* weight = nullptr;
  WeightLayout layout;
  std::optional<LowRank> correction = {};
  std::int64_t in() const;
  std::int64_t out() const;
};

// All parameters of a model, named as in its checkpoint, in order of construction. Modules point into it.
class Parameters {
 public:
  explicit Parameters(WeightSource& source) : source_(&source) {}

  const Parameter& add(const std::string& name, const Shape& shape, const Init& init = xavier_uniform(),
                       Parameter::Role role = Parameter::Role::trained);

  // The weight of a Linear, in its stored shape; one [out,in] may stay as whole numbers where the source has
  // them. Whether a parameter is such a weight [out,in].
  const Product& add_product(const std::string& name, const Shape& shape, WeightLayout layout);
  bool in_product(const Parameter& parameter) const;
  std::vector<const Product*> products() const;  // in order of construction

  // Gives the Linear of that weight a correction that begins with `down` [r,in] and `up` [out,r], two more
  // parameters: with ".lora_A.weight" and ".lora_B.weight" in the place of its own ".weight", as PEFT calls
  // them. There must be none yet.
  struct Factors {
    Tensor down, up;
    double scale = 1, dropout = 0;
  };
  void correct(const Product& product, const Factors& factors);

  // See WeightSource; to be asked while the model is built.
  std::optional<bool> stored(const std::string& name) const { return source_->holds(name); }
  // What the source has under that name, without making it a parameter.
  Tensor read(const std::string& name, const Shape& shape) const {
    return source_->get(name, shape, xavier_uniform());
  }

  // The type in which a parameter came, for writing it back.
  DType type_of(const Parameter& parameter) const;

  std::vector<Parameter*> all() const;
  Parameter* find(const std::string& name) const;  // null when there is none
  std::int64_t elements() const;

 private:
  WeightSource* source_;  // used while the model is built
  std::vector<std::unique_ptr<Parameter>> parameters_;
  std::map<const Parameter*, DType> types_;
  std::vector<std::unique_ptr<Product>> products_;  // Linears point to them
};

}  // namespace regard::nn
