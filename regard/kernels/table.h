#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "regard/kernels/context.h"
#include "regard/tensor/dtype.h"

// How an operation is chosen: a table of rows in order of preference, the reference last. A row is one
// instruction-set level with that level's functions; the functions work on a piece of the operands (rows
// begin .. end - 1, elements, a tile), and the operation above the table cuts the pieces, hands them to the
// threads and adds what they leave, in fixed order.

namespace regard::kernels {

// `kernels` is null where this build has no such level (avx2 on another processor family).
template <class Kernels>
struct Row {
  Level level;
  const Kernels* kernels;
};

template <class Kernels>
using Table = std::array<Row<Kernels>, 4>;  // avx512, avx2, plain, reference

// The table of an operation whose vector code is `fast(level)` (null: no such code for these elements or in
// this build) and whose specification is `reference`.
template <class Kernels>
Table<Kernels> table_of(const Kernels* (*fast)(Level), const Kernels& reference) {
  return {{{Level::avx512, fast(Level::avx512)},
           {Level::avx2, fast(Level::avx2)},
           {Level::plain, fast(Level::plain)},
           {Level::reference, &reference}}};
}

// The first row not above `level`.
template <class Kernels>
Row<Kernels> choose(const Table<Kernels>& table, Level level) {
  for (const auto& row : table)
    if (row.level <= level && row.kernels != nullptr) return row;
  return table.back();
}

// Calls body(begin, end) for the pieces of `size` of 0 .. count - 1, on the context's threads, in any order.
template <class Body>
void for_chunks(const Context& context, std::int64_t count, std::int64_t size, const Body& body) {
  const std::int64_t chunks = (count + size - 1) / size;
  const auto one = [&](std::int64_t i) { body(i * size, std::min(count, (i + 1) * size)); };
  if (context.threads == nullptr || chunks <= 1)
    for (std::int64_t i = 0; i < chunks; ++i) one(i);
  else
    context.threads->run(chunks, one);
}

// Rows of a chunk such that it has about `elements` elements; depends on nothing but the row's width.
inline std::int64_t rows_of_chunk(std::int64_t width, std::int64_t elements = 16384) {
  return std::max<std::int64_t>(1, elements / std::max<std::int64_t>(1, width));
}

// [parts, C] partial sums, one row for each chunk of rows.
struct PartialSums {
  const double* sums;
  std::int64_t parts, C;
};
// y[c] = the partial sums of column c added in order, for c = begin .. end - 1.
template <class T>
void add_partial_sums(const PartialSums& p, std::int64_t begin, std::int64_t end, T* y) {
  for (std::int64_t c = begin; c < end; ++c) {
    double sum = 0;
    for (std::int64_t i = 0; i < p.parts; ++i) sum += p.sums[i * p.C + c];
    y[c] = static_cast<T>(sum);
  }
}

// f(double{}) or f(float{}), as the elements are; only these two types have kernels.
template <class F>
void visit_real(DType type, const F& f) {
  assert(type == DType::f32 || type == DType::f64);
  if (type == DType::f64)
    f(double{});
  else
    f(float{});
}

}  // namespace regard::kernels
