#include "regard/kernels/matmul.h"

#include <cassert>
#include <span>

#include "regard/kernels/cpu/matmul.h"
#include "regard/kernels/cpu/matmul_amx.h"
#include "regard/kernels/cpu/matmul_int8.h"
#include "regard/kernels/reference/matmul.h"

namespace regard::kernels {
namespace {

// Rows for one format of B, in order of preference; the reference is the last and takes everything.
struct Row {
  Level level;
  bool (*has)(Level, DType);  // whether this build and processor multiply such elements at this level
  void (*run)(const Context&, const MatmulOperands&, Level);
  PackedMatrix (*pack)(const Context&, const MatrixToPack&, Level);
};
constexpr Row rows_as_computed[] = {
    {Level::avx512, cpu::has_matmul, cpu::matmul, cpu::pack},
    {Level::avx2, cpu::has_matmul, cpu::matmul, cpu::pack},
    {Level::plain, cpu::has_matmul, cpu::matmul, cpu::pack},
    {Level::reference, reference::has_matmul, reference::matmul, reference::pack}};
constexpr Row rows_bf16[] = {
    {Level::amx, cpu::has_amx_matmul, cpu::amx_matmul, cpu::amx_pack},
    {Level::avx512, cpu::has_matmul, cpu::bf16_matmul, cpu::bf16_pack},
    {Level::avx2, cpu::has_matmul, cpu::bf16_matmul, cpu::bf16_pack},
    {Level::plain, cpu::has_matmul, cpu::bf16_matmul, cpu::bf16_pack},
    {Level::reference, reference::has_matmul, reference::bf16_matmul, reference::bf16_pack}};
constexpr Row rows_int8[] = {
    {Level::amx, cpu::has_int8_matmul, cpu::int8_matmul, cpu::int8_pack},
    {Level::avx512, cpu::has_int8_matmul, cpu::int8_matmul, cpu::int8_pack},
    {Level::avx2, cpu::has_int8_matmul, cpu::int8_matmul, cpu::int8_pack},
    {Level::plain, cpu::has_int8_matmul, cpu::int8_matmul, cpu::int8_pack},
    {Level::reference, reference::has_matmul, reference::int8_matmul, reference::int8_pack}};

std::span<const Row> rows_of(WeightFormat format) {
  if (format == WeightFormat::bf16) return rows_bf16;
  if (format == WeightFormat::int8) return rows_int8;
  return rows_as_computed;
}

const Row& choose(WeightFormat format, Level level, DType type) {
  const std::span<const Row> rows = rows_of(format);
  for (const Row& row : rows)
    if (row.level <= level && row.has(row.level, type)) return row;
  return rows.back();
}

void run(const Context& context, const MatmulOperands& p) {
  assert(p.a.shape.rank() == 2 && p.c.shape.rank() == 2 && p.a.size(0) == p.c.size(0));
  assert(p.a.dtype == p.c.dtype);
  assert(!p.options.bias || (p.options.bias.elements() == p.c.size(1) && p.options.bias.contiguous() &&
                             p.options.bias.dtype == p.c.dtype));
  assert(p.options.output == MatmulOptions::Output::overwrite ||
         (!p.options.bias && p.options.activation == Activation::none));
  const bool packed = p.packed != nullptr;
  const Row& row = choose(packed ? p.packed->format : WeightFormat::as_computed,
                          packed ? p.packed->level : context.level, p.c.dtype);
  assert(!packed || row.level == p.packed->level);
  row.run(context, p, row.level);
}

}  // namespace

std::size_t PackedMatrix::bytes() const {
  std::size_t sum = 0;
  for (const Tensor* t : {&panels, &scales, &sums})
    if (*t) sum += t->bytes();
  return sum;
}

PackedMatrix pack(const Context& context, const ConstView& b, WeightFormat format) {
  assert(b.shape.rank() == 2 && (format == WeightFormat::as_computed || b.dtype == DType::f32));
  if (format == WeightFormat::int8 && b.size(0) > most_int8_products) format = WeightFormat::as_computed;
  const Row& row = choose(format, context.level, b.dtype);
  return row.pack(context, {b, {}}, row.level);
}

PackedMatrix pack(const Context& context, const QuantizedMatrix& b) {
  assert(b.numbers.shape.rank() == 2 && b.numbers.dtype == DType::i8 &&
         b.numbers.size(0) <= most_int8_products);
  assert(b.scales.dtype == DType::f32 && b.scales.contiguous() && b.scales.elements() == b.numbers.size(1));
  const Row& row = choose(WeightFormat::int8, context.level, DType::f32);
  return row.pack(context, {b.numbers, b.scales}, row.level);
}

void matmul(const Context& context, const ConstView& a, const ConstView& b, const View& c,
            const MatmulOptions& options) {
  assert(b.shape.rank() == 2 && b.dtype == c.dtype && a.size(1) == b.size(0) && b.size(1) == c.size(1));
  // Without a unit for bf16 arranging B as such would only cost.
  if (options.format == WeightFormat::bf16 &&
      choose(WeightFormat::bf16, context.level, c.dtype).level == Level::amx)
    return matmul(context, a, pack(context, b, WeightFormat::bf16), c, options);
  run(context, {a, b, nullptr, c, options});
}

void matmul(const Context& context, const ConstView& a, const PackedMatrix& b, const View& c,
            const MatmulOptions& options) {
  assert(a.size(1) == b.K && b.N == c.size(1));
  run(context, {a, {}, &b, c, options});
}

}  // namespace regard::kernels
