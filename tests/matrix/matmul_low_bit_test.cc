#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "regard/kernels/cpu/low_bit_product.h"
#include "regard/kernels/cpu/low_bit_rows.h"
#include "regard/kernels/cpu/matmul_int8.h"
#include "regard/kernels/cpu/processor.h"
#include "regard/kernels/cpu/tiles-inl.h"
#include "regard/kernels/matmul.h"
#include "tests/matrix/emulated_tiles.h"
#include "tests/matrix/kernel_testing.h"

// Products with weights in bf16 and int8. Every unit runs here: where the processor has none (tiles, dot
// products of bytes), the same code over an emulation of it.

namespace regard::kernels {
namespace {

// Dot products of bytes as AVX512_VNNI has them, in plain C++.
#define REGARD_QUADS_TARGET
namespace emulated_quads {
using cpu::low_bit_columns;
using cpu::LowBitBlock;
struct Quads {
  struct Vector {
    std::array<std::uint32_t, 16> lanes;  // unsigned: the sums wrap, as the instruction's do
  };
  static Vector zero() { return {}; }
  static Vector load(const std::int8_t* p) {
    Vector v;
    std::memcpy(&v, p, 64);
    return v;
  }
  static Vector dot(Vector sum, std::uint32_t a, const Vector& b) {
    for (std::size_t n = 0; n < 16; ++n)
      for (unsigned i = 0; i < 4; ++i)
        sum.lanes[n] += static_cast<std::uint32_t>(static_cast<std::int32_t>(a >> 8 * i & 0xffU) *
                                                   static_cast<std::int8_t>(b.lanes[n] >> 8 * i & 0xffU));
    return sum;
  }
  static void store(Vector sum, const std::int32_t* correction, std::int32_t* to) {
    for (std::size_t n = 0; n < 16; ++n)
      to[n] = static_cast<std::int32_t>(sum.lanes[n] - 128 * static_cast<std::uint32_t>(correction[n]));
  }
};
#include "regard/kernels/cpu/int8_vnni-inl.h"
}  // namespace emulated_quads
#undef REGARD_QUADS_TARGET

// What multiplies: a level's row of the table, or the code of a unit over its emulation.
struct Unit {
  const char* name;
  WeightFormat format;
  Level level;  // of the row; or of the vector code around the emulation
  cpu::MultiplyLowBits emulated = nullptr;
};
constexpr auto bf16 = WeightFormat::bf16, int8 = WeightFormat::int8;
const Unit units[] = {
    {"bf16_reference", bf16, Level::reference},
    {"bf16_plain", bf16, Level::plain},
    {"bf16_avx2", bf16, Level::avx2},
    {"bf16_avx512", bf16, Level::avx512},
    {"bf16_amx", bf16, Level::amx},
    {"bf16_emulated_amx", bf16, Level::plain, cpu::multiply_by_tiles<EmulatedBf16Tiles>},
    {"int8_reference", int8, Level::reference},
    {"int8_plain", int8, Level::plain},
    {"int8_avx2", int8, Level::avx2},
    {"int8_avx512", int8, Level::avx512},
    {"int8_amx", int8, Level::amx},
    {"int8_emulated_vnni", int8, Level::plain, emulated_quads::multiply_by_quads<emulated_quads::Quads>},
    {"int8_emulated_amx", int8, Level::plain, cpu::multiply_by_tiles<EmulatedInt8Tiles>},
    {"int8_emulated_amx_avx2_rows", int8, Level::avx2, cpu::multiply_by_tiles<EmulatedInt8Tiles>},
};

class LowBit : public testing::TestWithParam<Unit> {
 protected:
  void SetUp() override {
    if (GetParam().level > best_level())
      GTEST_SKIP() << "this processor has no " << name_of(GetParam().level);
    if (GetParam().level == Level::avx512 && format() == int8 && !cpu::has_vnni())
      GTEST_SKIP() << "this processor has AVX-512 without VNNI";
  }
  WeightFormat format() const { return GetParam().format; }
  bool rounds_a() const {
    return format() == bf16 && (GetParam().emulated != nullptr || GetParam().level == Level::amx);
  }
  Context context(const ThreadPool* threads = nullptr) const {
    return {threads, GetParam().level, Device::cpu()};
  }
  PackedMatrix pack(const ConstView& b) const {
    if (GetParam().emulated != nullptr)
      return cpu::pack_low_bits(context(), {b, {}}, format(), GetParam().level);
    return kernels::pack(context(), b, format());
  }
  PackedMatrix pack(const QuantizedMatrix& b) const {
    if (GetParam().emulated != nullptr)
      return cpu::pack_low_bits(context(), {b.numbers, b.scales}, format(), GetParam().level);
    return kernels::pack(context(), b);
  }
  void multiply(const ConstView& a, const PackedMatrix& b, const View& c, const MatmulOptions& options = {},
                const ThreadPool* threads = nullptr) const {
    const Context how = context(threads);
    if (GetParam().emulated != nullptr)
      return cpu::low_bit_matmul(how, {a, {}, &b, c, options}, {GetParam().emulated, GetParam().level});
    matmul(how, a, b, c, options);
  }
};
INSTANTIATE_TEST_SUITE_P(, LowBit, testing::ValuesIn(units),
                         [](const auto& info) { return std::string(info.param.name); });

struct Sizes {
  std::int64_t M, N, K;
};
struct Operands {
  Guarded<float> a, b, bias;
  explicit Operands(const Sizes& s)
      : a(Guarded<float>::random({s.M, s.K}, 1)),
        b(Guarded<float>::random({s.K, s.N}, 2)),
        bias(Guarded<float>::random({s.N}, 3)) {}
};

// 0: overwrite; 1: add to C; 2: bias; 3: bias and ReLU; 4: bias and GELU.
MatmulOptions options_of(int form, Guarded<float>& bias) {
  MatmulOptions options;
  if (form == 1) options.output = MatmulOptions::Output::add;
  if (form >= 2) options.bias = bias.view();
  if (form == 3) options.activation = Activation::relu;
  if (form == 4) options.activation = Activation::gelu;
  return options;
}

// |c - exact| at most twice the naive product's error in the same type, which the reference computes, with
// room for one rounding of the result.
void expect_no_worse(Guarded<float>& c, Guarded<float>& naive, Guarded<double>& exact,
                     const std::string& what) {
  double ours = 0, theirs = 0, size = 0;
  for (std::int64_t i = 0; i < c.size(); ++i) {
    ours = std::max(ours, std::abs(static_cast<double>(c[i]) - exact[i]));
    theirs = std::max(theirs, std::abs(static_cast<double>(naive[i]) - exact[i]));
    size = std::max(size, std::abs(exact[i]));
  }
  EXPECT_LE(ours, 2 * theirs + size * 1e-6) << what;
}

TEST_P(LowBit, IsNoWorseThanTheNaiveProductOverShapesAndForms) {
  const ThreadPool pool(2);
  int turn = 0;
  for (std::int64_t M : {1, 2, 3, 5, 8, 15, 16, 17, 31, 32, 33, 49, 130})
    for (std::int64_t N : {1, 7, 16, 31, 32, 33, 65, 129})
      for (std::int64_t K : {1, 3, 4, 31, 32, 33, 63, 64, 65, 127, 257}) {
        if (GetParam().emulated != nullptr && M * N * K > 200000) continue;  // it is slow
        const Sizes s{M, N, K};
        const int form = turn++ % 5;
        const std::string what = fmt::format("M {} N {} K {} form {}", M, N, K, form);
        Operands x(s);
        const MatmulOptions options = options_of(form, x.bias);
        auto c = Guarded<float>::random({M, N}, 4), naive = Guarded<float>::random({M, N}, 4);
        auto exact = Guarded<double>::random({M, N}, 4);
        const bool transposed = turn % 2 == 0;  // a weight as it is stored
        Guarded<float> turned({N, K});
        for (std::int64_t k = 0; k < K; ++k)
          for (std::int64_t n = 0; n < N; ++n) turned[n * K + k] = x.b[k * N + n];
        const ConstView B = transposed ? ConstView(turned.view()).transposed() : x.b.view();
        multiply(x.a.view(), pack(B), c.view(), options, &pool);

        // The naive one rounds both operands where the format does and adds in f32, a product at a time.
        auto a64 = Guarded<double>::random({M, K}, 1), b64 = Guarded<double>::random({K, N}, 2),
             bias64 = Guarded<double>::random({N}, 3);
        MatmulOptions options64 = options;
        if (options.bias) options64.bias = bias64.view();
        matmul(reference_context(), a64.view(), b64.view(), exact.view(), options64);
        if (format() == int8) {
          matmul(reference_context(), x.a.view(), kernels::pack(reference_context(), B, int8), naive.view(),
                 options);
          if (options.activation != Activation::gelu) {  // sums are exact and roundings stated: the same bits
            EXPECT_TRUE(same_bits(c, naive)) << what;
          }
        } else {
          for (float& v : x.a) v = rounds_a() ? static_cast<float>(BFloat16(v)) : v;
          for (float& v : x.b) v = static_cast<float>(BFloat16(v));
          for (std::int64_t m = 0; m < M; ++m)
            for (std::int64_t n = 0; n < N; ++n) {
              float sum = 0;
              for (std::int64_t k = 0; k < K; ++k) sum += x.a[m * K + k] * x.b[k * N + n];
              if (options.output == MatmulOptions::Output::add) sum += naive[m * N + n];
              if (options.bias) sum += x.bias[n];
              if (options.activation == Activation::relu) sum = std::max(sum, 0.0F);
              if (options.activation == Activation::gelu)
                sum = 0.5F * sum * (1 + std::erf(sum / std::sqrt(2.0F)));
              naive[m * N + n] = sum;
            }
        }
        expect_no_worse(c, naive, exact, what);
        EXPECT_TRUE(c.intact() && x.a.intact() && x.b.intact() && x.bias.intact()) << what;
        if (HasFailure()) return;
      }
}

TEST_P(LowBit, ReadsStridedRowsAndWritesStridedResults) {
  auto wide = Guarded<float>::random({70, 90}, 1), b = Guarded<float>::random({50, 37}, 2);
  const PackedMatrix packed = pack(b.view());
  const ConstView a = wide.view().slice(0, 3, 22).slice(1, 5, 55);
  Guarded<float> dense({19, 50}), c({19, 37}), frame({19, 60}, 5), turned({50, 19}), again({19, 37});
  for (std::int64_t m = 0; m < 19; ++m)
    for (std::int64_t k = 0; k < 50; ++k) dense[m * 50 + k] = turned[k * 19 + m] = wide[(m + 3) * 90 + k + 5];
  multiply(dense.view(), packed, c.view());
  multiply(ConstView(turned.view()).transposed(), packed, again.view());
  EXPECT_TRUE(same_bits(c, again));
  multiply(a, packed, frame.view().slice(1, 3, 40));
  for (std::int64_t m = 0; m < 19; ++m)
    for (std::int64_t n = 0; n < 60; ++n)
      ASSERT_EQ(frame[m * 60 + n], n < 3 || n >= 40 ? 5.0F : c[m * 37 + n - 3]);
  if (GetParam().emulated == nullptr) {
    Guarded<float> across({37, 19});
    multiply(a, packed, across.view().transposed());
    for (std::int64_t m = 0; m < 19; ++m)
      for (std::int64_t n = 0; n < 37; ++n) ASSERT_EQ(across[n * 19 + m], c[m * 37 + n]);
  }
}

TEST_P(LowBit, GivesARowTheSameBitsInAnyBatchAtAnyThreadCount) {
  const std::int64_t M = 70, K = 150, N = 203;
  auto a = Guarded<float>::random({M, K}, 1), b = Guarded<float>::random({K, N}, 2);
  const PackedMatrix packed = pack(b.view());
  Guarded<float> all({M, N});
  multiply(a.view(), packed, all.view());
  for (int threads : {2, 3}) {
    const ThreadPool pool(threads);
    Guarded<float> again({M, N});
    multiply(a.view(), packed, again.view(), {}, &pool);
    EXPECT_TRUE(same_bits(all, again));
  }
  for (const auto& [first, rows] :
       std::vector<std::array<std::int64_t, 2>>{{0, 1}, {11, 37}, {3, 2}, {7, 5}}) {
    Guarded<float> part({rows, N});
    multiply(a.view().slice(0, first, first + rows), packed, part.view());
    EXPECT_EQ(std::memcmp(part.begin(), all.begin() + first * N,
                          static_cast<std::size_t>(rows * N) * sizeof(float)),
              0)
        << rows << " rows";
  }
}

TEST_P(LowBit, TakesEmptyOperands) {
  for (const Sizes& s : {Sizes{0, 5, 3}, Sizes{5, 0, 3}, Sizes{5, 3, 0}})
    for (int form = 0; form < 4; ++form) {
      Operands x(s);
      const MatmulOptions options = options_of(form, x.bias);
      auto c = Guarded<float>::random({s.M, s.N}, 4), expected = Guarded<float>::random({s.M, s.N}, 4);
      multiply(x.a.view(), pack(x.b.view()), c.view(), options);
      matmul(reference_context(), x.a.view(), x.b.view(), expected.view(), options);
      EXPECT_TRUE(same_bits(c, expected));
    }
}

TEST_P(LowBit, LetsNaNAndInfinityReachTheirRowAlone) {
  auto a = Guarded<float>::random({40, 70}, 1), b = Guarded<float>::random({70, 30}, 2);
  a[7 * 70 + 69] = NAN;
  a[9 * 70] = INFINITY;
  Guarded<float> c({40, 30});
  multiply(a.view(), pack(b.view()), c.view());
  for (std::int64_t m = 0; m < 40; ++m)
    for (std::int64_t n = 0; n < 30; ++n)
      ASSERT_EQ(std::isfinite(c[m * 30 + n]), m != 7 && m != 9) << m << " " << n;
}

TEST_P(LowBit, KeepsZerosAndExtremes) {
  auto a = Guarded<float>::random({4, 64}, 1), b = Guarded<float>::random({64, 33}, 2);
  for (std::int64_t k = 0; k < 64; ++k) {
    a[k] = 0;                                // a row of zeros
    a[64 + k] = k == 5 ? 1e30F : 1e-30F;     // one value outshines all
    a[128 + k] = k % 2 == 0 ? 3.0F : -3.0F;  // the ends of the scale
    b[k * 33] = 0;                           // a column of zeros
    b[k * 33 + 1] = k % 2 == 0 ? 2.0F : -2.0F;
  }
  Guarded<float> c({4, 33});
  multiply(a.view(), pack(b.view()), c.view());
  for (std::int64_t i = 0; i < 33; ++i) EXPECT_EQ(c[i], 0) << i;
  for (std::int64_t m = 0; m < 4; ++m) EXPECT_EQ(c[m * 33], 0) << m;
  EXPECT_NEAR(c[2 * 33 + 1], 64 * 6, 1e-3);
  EXPECT_NEAR(c[33 + 1] / 1e30F, b[5 * 33 + 1], rounds_a() ? 0x1p-7 : 1e-5);  // half a bf16 of 2
}

TEST_P(LowBit, TakesWholeNumbersAsAFileHoldsThem) {
  if (format() != int8) GTEST_SKIP() << "of int8 alone";
  const std::int64_t M = 9, N = 35, K = 77;
  auto a = Guarded<float>::random({M, K}, 1);
  Guarded<float> scales({N}), c({M, N}), expected({M, N});
  RandomStream stream(RandomKey{3});
  std::vector<std::int8_t> numbers(static_cast<std::size_t>(N * K));  // a weight [out,in]
  for (std::int8_t& q : numbers) q = static_cast<std::int8_t>(static_cast<int>(stream.uniform() * 256) - 128);
  numbers[5] = numbers[6] = -128;  // side by side: no 16 bits may saturate
  for (std::int64_t k = 0; k < K; ++k) a[k] = -1;
  for (float& s : scales) s = static_cast<float>(stream.uniform());
  const QuantizedMatrix b{ConstView(numbers.data(), DType::i8, {N, K}).transposed(), scales.view()};
  multiply(a.view(), pack(b), c.view());
  matmul(reference_context(), a.view(), kernels::pack(reference_context(), b), expected.view());
  EXPECT_TRUE(same_bits(c, expected));
  double sum = 0;  // by hand: row 0 is -127 times a scale of 1 / 127
  for (std::int64_t k = 0; k < K; ++k) sum -= static_cast<double>(numbers[static_cast<std::size_t>(k)]);
  EXPECT_NEAR(c[0], sum * static_cast<double>(scales[0]), 1e-3);
}

TEST(LowBitFormats, AFormTakesAThirdOrLessOfTheBytes) {
  const Tensor w = Tensor::full({512, 512}, DType::f32, 0.5);
  const Context context{nullptr, best_level(), Device::cpu()};
  const std::size_t f32 = pack(context, w.view()).bytes();
  EXPECT_LE(2 * pack(context, w.view(), bf16).bytes(), f32);
  EXPECT_LE(3 * pack(context, w.view(), int8).bytes(), f32);
}

TEST(LowBitFormats, BFloat16StorageIsTheF32ProductOfRoundedWeights) {
  for (const Level level : {Level::plain, Level::avx2, Level::avx512}) {
    if (level > best_level()) continue;
    const Context context{nullptr, level, Device::cpu()};
    auto a = Guarded<float>::random({37, 300}, 1), b = Guarded<float>::random({300, 75}, 2);
    Guarded<float> c({37, 75}), rounded({37, 75});
    matmul(context, a.view(), pack(context, b.view(), bf16), c.view());
    for (float& v : b) v = static_cast<float>(BFloat16(v));
    matmul(context, a.view(), b.view(), rounded.view());
    EXPECT_TRUE(same_bits(c, rounded)) << name_of(level);
  }
}

TEST(LowBitFormats, RowsRoundAsTheTypeDoes) {
  for (const Level level : {Level::plain, Level::avx2, Level::avx512}) {
    if (level > best_level()) continue;
    auto x = Guarded<float>::random({77}, 1, 1e4);
    x[0] = NAN, x[1] = INFINITY, x[2] = -INFINITY, x[3] = 3.4e38F, x[4] = 0x1.01p0F, x[5] = 0x1.03p0F,
    x[6] = -0.0F;
    std::vector<std::uint16_t> y(128 + 1, 7);
    cpu::low_bit_rows(level)->round(x.begin(), 77, 128, y.data());
    for (std::size_t i = 0; i < 77; ++i) {
      const auto v = x[static_cast<std::int64_t>(i)];
      ASSERT_EQ(y[i], BFloat16(v).bits) << name_of(level) << " " << v;
    }
    for (std::size_t i = 77; i < 128; ++i) ASSERT_EQ(y[i], 0);
    EXPECT_EQ(y[128], 7);
  }
}

TEST(LowBitFormats, SumsThatCouldOverflowStayInF32) {
  const Context context{nullptr, best_level(), Device::cpu()};
  const Tensor w = Tensor::full({most_int8_products + 1, 1}, DType::f32, 1);
  EXPECT_EQ(pack(context, w.view(), int8).format, WeightFormat::as_computed);
  const Tensor most = Tensor::full({most_int8_products, 1}, DType::f32, 1);
  const PackedMatrix packed = pack(context, most.view(), int8);
  EXPECT_EQ(packed.format, int8);
  Tensor c = Tensor::zeros({1, 1}, DType::f32);
  matmul(context, most.reshape({1, most_int8_products}).view(), packed, c.mutable_view());
  EXPECT_FLOAT_EQ(static_cast<float>(c.item()), static_cast<float>(most_int8_products));
}

}  // namespace
}  // namespace regard::kernels
