#include "regard/kernels/matmul.h"

#include <array>
#include <cassert>

#include "regard/kernels/cpu/matmul.h"
#include "regard/kernels/reference/matmul.h"

namespace regard::kernels {
namespace {

struct Row {
  Level level;
  bool (*has)(Level, DType);  // whether this build multiplies such elements at this level
  void (*run)(const Context&, const MatmulOperands&, Level);
  PackedMatrix (*pack)(const Context&, const ConstView&, Level);
};
constexpr std::array<Row, 4> table{
    {{Level::avx512, cpu::has_matmul, cpu::matmul, cpu::pack},
     {Level::avx2, cpu::has_matmul, cpu::matmul, cpu::pack},
     {Level::plain, cpu::has_matmul, cpu::matmul, cpu::pack},
     {Level::reference, reference::has_matmul, reference::matmul, reference::pack}}};

const Row& choose(Level level, DType type) {
  for (const Row& row : table)
    if (row.level <= level && row.has(row.level, type)) return row;
  return table.back();
}

void run(const Context& context, const MatmulOperands& p) {
  assert(p.a.shape.rank() == 2 && p.c.shape.rank() == 2 && p.a.size(0) == p.c.size(0));
  assert(p.a.dtype == p.c.dtype);
  assert(!p.options.bias || (p.options.bias.elements() == p.c.size(1) && p.options.bias.contiguous() &&
                             p.options.bias.dtype == p.c.dtype));
  assert(p.options.output == MatmulOptions::Output::overwrite ||
         (!p.options.bias && p.options.activation == Activation::none));
  const Row& row = choose(p.packed == nullptr ? context.level : p.packed->level, p.c.dtype);
  assert(p.packed == nullptr || row.level == p.packed->level);
  row.run(context, p, row.level);
}

}  // namespace

PackedMatrix pack(const Context& context, const ConstView& b) {
  assert(b.shape.rank() == 2);
  const Row& row = choose(context.level, b.dtype);
  return row.pack(context, b, row.level);
}

void matmul(const Context& context, const ConstView& a, const ConstView& b, const View& c,
            const MatmulOptions& options) {
  assert(b.shape.rank() == 2 && b.dtype == c.dtype && a.size(1) == b.size(0) && b.size(1) == c.size(1));
  run(context, {a, b, nullptr, c, options});
}

void matmul(const Context& context, const ConstView& a, const PackedMatrix& b, const View& c,
            const MatmulOptions& options) {
  assert(a.size(1) == b.K && b.N == c.size(1));
  run(context, {a, {}, &b, c, options});
}

}  // namespace regard::kernels
