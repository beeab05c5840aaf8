#include "regard/nn/parameters.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <string_view>

#include "regard/autograd/ops/linear.h"

namespace regard::nn {
namespace {

// FNV-1a: fixed for ever, because it decides the initial weights of a seed.
std::uint64_t hash(const std::string& name) {
  std::uint64_t h = 14695981039346656037ULL;
  for (char c : name) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return h;
}

}  // namespace

Tensor RandomWeights::get(const std::string& name, const Shape& shape, const Init& init) {
  switch (init.kind) {
    case Init::Kind::zeros:
      return Tensor::zeros(shape, DType::f32);
    case Init::Kind::ones:
      return Tensor::full(shape, DType::f32, 1);
    case Init::Kind::normal:
    case Init::Kind::xavier_uniform:
      break;
  }
  RandomStream random(key_.fold(hash(name)));
  Tensor t = Tensor::empty(shape, DType::f32);
  float* x = t.mutable_view().as<float>();
  const bool is_normal = init.kind == Init::Kind::normal;
  assert(is_normal || shape.rank() == 2);
  const double bound = is_normal ? 0 : std::sqrt(6.0 / static_cast<double>(shape[0] + shape[1]));
  for (std::int64_t i = 0, n = t.elements(); i < n; ++i)
    x[i] =
        static_cast<float>(is_normal ? init.deviation * random.normal() : bound * (2 * random.uniform() - 1));
  return t;
}

const Parameter& Parameters::add(const std::string& name, const Shape& shape, const Init& init,
                                 Parameter::Role role) {
  assert(find(name) == nullptr);
  parameters_.push_back(std::make_unique<Parameter>(name, source_->get(name, shape, init), role));
  types_[parameters_.back().get()] = source_->stored_as(name);
  return *parameters_.back();
}

std::int64_t Product::in() const { return weight->shape()[layout == WeightLayout::out_in ? 1 : 0]; }
std::int64_t Product::out() const { return weight->shape()[layout == WeightLayout::out_in ? 0 : 1]; }

const Product& Parameters::add_product(const std::string& name, const Shape& shape, WeightLayout layout) {
  const Parameter* added = nullptr;
  std::optional<QuantizedWeight> whole;
  if (layout == WeightLayout::out_in) whole = source_->quantized(name, shape);
  if (whole) {
    assert(find(name) == nullptr && whole->numbers.shape() == shape);
    parameters_.push_back(
        std::make_unique<Parameter>(name, std::move(whole->numbers), std::move(whole->scales)));
    added = parameters_.back().get();
    types_[added] = DType::i8;
  } else {
    added = &add(name, shape);
  }
  products_.push_back(std::make_unique<Product>(Product{added, layout, {}}));
  return *products_.back();
}

bool Parameters::in_product(const Parameter& parameter) const {
  return std::any_of(products_.begin(), products_.end(), [&](const auto& p) {
    return p->weight == &parameter && p->layout == WeightLayout::out_in;
  });
}

std::vector<const Product*> Parameters::products() const {
  std::vector<const Product*> list;
  for (const auto& p : products_) list.push_back(p.get());
  return list;
}

void Parameters::correct(const Product& product, const Factors& factors) {
  const auto own =
      std::find_if(products_.begin(), products_.end(), [&](const auto& p) { return p.get() == &product; });
  assert(own != products_.end() && !product.correction);
  assert(factors.down.shape() == Shape({factors.up.size(1), product.in()}) &&
         factors.up.size(0) == product.out());
  constexpr std::string_view ending = ".weight";
  std::string module = product.weight->name();
  if (module.ends_with(ending)) module.resize(module.size() - ending.size());
  const auto adopt = [&](const char* name, const Tensor& value) {
    parameters_.push_back(std::make_unique<Parameter>(module + name, value));
    return parameters_.back().get();
  };
  const Parameter* down = adopt(".lora_A.weight", factors.down);
  const Parameter* up = adopt(".lora_B.weight", factors.up);
  (*own)->correction = LowRank{down, up, factors.scale, factors.dropout};
}

DType Parameters::type_of(const Parameter& parameter) const {
  const auto found = types_.find(&parameter);
  return found == types_.end() ? DType::f32 : found->second;
}

std::vector<Parameter*> Parameters::all() const {
  std::vector<Parameter*> list;
  for (const auto& p : parameters_) list.push_back(p.get());
  return list;
}

Parameter* Parameters::find(const std::string& name) const {
  for (const auto& p : parameters_)
    if (p->name() == name) return p.get();
  return nullptr;
}

std::int64_t Parameters::elements() const {
  std::int64_t n = 0;
  for (const auto& p : parameters_) n += p->value().elements();
  return n;
}

}  // namespace regard::nn
