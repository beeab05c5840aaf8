#include "regard/tensor/tensor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "regard/base/error.h"
#include "regard/tensor/layout.h"

namespace regard {
namespace {

TEST(Tensor, CopiesShareAndClonesDoNot) {
  Tensor a = Tensor::from<float>({2, 2}, {1, 2, 3, 4});
  const Tensor b = a, c = a.clone();
  EXPECT_EQ(a.identity(), b.identity());
  EXPECT_NE(a.identity(), c.identity());
  EXPECT_FALSE(a.unique());
  EXPECT_TRUE(c.unique());
  EXPECT_EQ(c.host<float>()[3], 4);
}

TEST(Tensor, RowsAndReshapeShare) {
  const Tensor a = Tensor::from<std::int32_t>({3, 2}, {0, 1, 2, 3, 4, 5});
  EXPECT_EQ(a.rows(1, 3).host<std::int32_t>()[0], 2);
  EXPECT_EQ(a.reshape({6}).rows(4, 5).item(), 4);
}

TEST(Tensor, RefusesAWrongCount) { EXPECT_THROW(Tensor::from<float>({2}, {1, 2, 3}), UsageError); }

TEST(Tensor, SixteenBitTypesRoundToNearestEven) {
  EXPECT_EQ(BFloat16(1.00390625f).bits, 0x3f80);  // halfway, down to even
  EXPECT_EQ(BFloat16(1.01171875f).bits, 0x3f82);  // halfway, up to even
  EXPECT_TRUE(std::isnan(static_cast<float>(BFloat16(std::numeric_limits<float>::quiet_NaN()))));
  EXPECT_EQ(Float16(65519.0f).bits, 0x7bff);
  EXPECT_EQ(Float16(65520.0f).bits, 0x7c00);
  EXPECT_EQ(Float16(0x1p-24f).bits, 1);
  EXPECT_EQ(Float16(0x1p-25f).bits, 0);
  for (std::uint32_t bits = 0; bits < 0x7c00;
       ++bits) {  // every finite positive number survives the round trip
    Float16 x;
    x.bits = static_cast<std::uint16_t>(bits);
    ASSERT_EQ(Float16(static_cast<float>(x)).bits, bits);
  }
}

TEST(Tensor, ConvertsBetweenTypes) {
  const Tensor a = Tensor::from<float>({3}, {1.5f, -2, 3});
  EXPECT_EQ(a.to(DType::f64).host<double>()[0], 1.5);
  EXPECT_EQ(a.to(DType::bf16).to(DType::f32).host<float>()[1], -2);
  EXPECT_EQ(a.to(DType::f32).identity(), a.identity());
}

TEST(Device, ReusesFreedBlocks) {
  { const Tensor warm = Tensor::empty({1000}, DType::f32); }
  const auto before = Device::cpu().statistics();
  for (int i = 0; i < 10; ++i) {
    const Tensor t = Tensor::empty({1000 - i}, DType::f32);
  }
  EXPECT_EQ(Device::cpu().statistics().system_allocations, before.system_allocations);
}

TEST(Device, ImpossibleSizesAreNamedInBytes) {
  try {
    Tensor::empty({std::int64_t{1} << 60}, DType::u8);
    FAIL();
  } catch (const OutOfMemory& e) {
    EXPECT_NE(std::string(e.what()).find("1152921504606846976"), std::string::npos);
  }
}

TEST(View, TransposesAndSlicesWithoutMoving) {
  const Tensor a = Tensor::from<float>({2, 3}, {0, 1, 2, 3, 4, 5});
  const ConstView t = a.view().transposed();
  EXPECT_EQ(t.size(0), 3);
  EXPECT_EQ(t.as<float>()[2 * t.stride(0) + 1 * t.stride(1)], 5);
  EXPECT_FALSE(t.contiguous());
  EXPECT_EQ(*a.view().slice(1, 1, 3).as<float>(), 1);
}

TEST(Shape, ChecksSizesFromFiles) {
  EXPECT_THROW(Shape(std::vector<std::int64_t>{1LL << 40, 1LL << 40}), InputError);
  EXPECT_THROW(Shape(std::vector<std::int64_t>{-1}), InputError);
  EXPECT_EQ(Shape({2, 0, 3}).elements(), 0);
  EXPECT_EQ(Shape({2, 3}).to_string(), "[2, 3]");
}

TEST(Layout, CountsTokensAndPositions) {
  Layout l = Layout::of({2, 0, 3});
  EXPECT_EQ(l.tokens(), 5);
  EXPECT_EQ(l.sequences()[2].begin, 2);
  EXPECT_EQ(l.positions(), (std::vector<std::int32_t>{0, 1, 0, 1, 2}));
  l.add(1, 7);
  EXPECT_EQ(l.positions().back(), 7);
}

}  // namespace
}  // namespace regard
