#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "regard/base/random.h"
#include "regard/kernels/context.h"
#include "regard/tensor/view.h"

// What the tests of kernels share: operands with guards around them, levels and thread counts to go through,
// finite differences.

namespace regard::kernels {

// An array with guard elements before and behind it, whose loss a test notices.
template <class T>
class Guarded {
 public:
  explicit Guarded(const Shape& shape, double fill = 0) : shape_(shape) {
    elements_.assign(static_cast<std::size_t>(shape.elements()) + 2 * guard, static_cast<T>(fill));
    for (std::size_t i = 0; i < guard; ++i) elements_[i] = elements_[elements_.size() - 1 - i] = mark();
  }
  // Uniform in [-range, range); the same values for either type, as near as the type comes.
  static Guarded random(const Shape& shape, std::uint64_t seed, double range = 1) {
    Guarded g(shape);
    RandomStream stream(RandomKey{seed});
    for (T& x : g)
      x = static_cast<T>(static_cast<float>(range * (2 * stream.uniform() - 1)));  // exact in both types
    return g;
  }
  T* begin() { return elements_.data() + guard; }
  T* end() { return elements_.data() + elements_.size() - guard; }
  T& operator[](std::int64_t i) { return begin()[i]; }
  std::int64_t size() const { return shape_.elements(); }
  View view() { return {begin(), dtype_of<T>(), shape_}; }
  bool intact() const {
    for (std::size_t i = 0; i < guard; ++i)
      if (elements_[i] != mark() || elements_[elements_.size() - 1 - i] != mark()) return false;
    return true;
  }
  std::vector<T> values() { return {begin(), end()}; }

 private:
  static constexpr std::size_t guard = 48;
  static T mark() { return static_cast<T>(77); }
  Shape shape_;
  std::vector<T> elements_;
};

template <class T>
bool same_bits(Guarded<T>& a, Guarded<T>& b) {
  return a.size() == b.size() &&
         (a.size() == 0 ||
          std::memcmp(a.begin(), b.begin(), static_cast<std::size_t>(a.size()) * sizeof(T)) == 0);
}

// |a - b| <= tolerance * (1 + |b|) everywhere; NaN equals NaN.
template <class A, class B>
void expect_near(Guarded<A>& a, Guarded<B>& b, double tolerance, const std::string& what) {
  ASSERT_EQ(a.size(), b.size());
  for (std::int64_t i = 0; i < a.size(); ++i) {
    const auto x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
    if (std::isnan(x) && std::isnan(y)) continue;
    if (x == y) continue;
    ASSERT_LE(std::abs(x - y), tolerance * (1 + std::abs(y)))
        << what << ", element " << i << ": " << x << " for " << y;
  }
}

// Every test of this kind runs at every level that the processor has and says which it left out.
class AtLevel : public testing::TestWithParam<Level> {
 protected:
  void SetUp() override {
    if (GetParam() > best_level()) GTEST_SKIP() << "this processor has no " << name_of(GetParam());
  }
  Context context(const ThreadPool* threads = nullptr) const { return {threads, GetParam(), Device::cpu()}; }
};

inline std::string level_name(const testing::TestParamInfo<Level>& info) {
  return std::string(name_of(info.param));
}

inline Context reference_context() { return {nullptr, Level::reference, Device::cpu()}; }

// The gradient of `f` with respect to the elements of x in double, by central differences.
inline Guarded<double> numeric_gradient(Guarded<double>& x, const Shape& shape,
                                        const std::function<double()>& f) {
  Guarded<double> gradient(shape);
  for (std::int64_t i = 0; i < x.size(); ++i) {
    const double kept = x[i], h = 1e-5;
    x[i] = kept + h;
    const double above = f();
    x[i] = kept - h;
    const double below = f();
    x[i] = kept;
    gradient[i] = (above - below) / (2 * h);
  }
  return gradient;
}

// sum of y * w: a scalar whose gradient with respect to y is w.
inline double weighted(Guarded<double>& y, Guarded<double>& w) {
  double sum = 0;
  for (std::int64_t i = 0; i < y.size(); ++i) sum += y[i] * w[i];
  return sum;
}

}  // namespace regard::kernels
