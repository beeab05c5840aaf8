#include "regard/kernels/adafactor.h"

#include <cmath>

#include "regard/kernels/cpu/adafactor.h"
#include "regard/kernels/table.h"

namespace regard::kernels {
namespace {

constexpr std::int64_t rows_of_sum = 64;  // a column's partial sum is made of so many rows

template <class T>
class Update {
 public:
  using Kernels = AdafactorKernels<T>;

  Update(const Context& context, const Adafactor& how, const ConstView& gradient, const AdafactorState& state)
      : context_(context),
        kernels_(
            *choose(table_of(cpu::adafactor_kernels<T>, reference::adafactor_kernels<T>()), context.level)
                 .kernels),
        how_(how),
        gradient_(gradient.as<T>()),
        state_(state),
        factored_(gradient.shape.rank() >= 2),
        R_(factored_ ? gradient.size(-2) : 1),
        C_(gradient.shape.rank() > 0 ? gradient.size(-1) : 1),
        matrices_(gradient.elements() / (R_ * C_)),
        row_(context, matrices_ * R_),
        column_(context, matrices_ * C_) {}

  void run() {
    const double beta2 = 1 - std::pow(static_cast<double>(how_.step), -how_.decay_exponent);
    for (std::int64_t b = 0; b < matrices_; ++b) {
      if (factored_)
        row_means(b, beta2);
      else
        row_[b] = T{1};
      column_means(b, beta2);
    }
    const double squares = for_all_rows([&](const auto& piece, const auto& factors, std::int64_t) {
      return kernels_.update_squares(piece, factors);
    });
    const double rms = std::sqrt(squares / static_cast<double>(matrices_ * R_ * C_));
    const double step = how_.learning_rate / std::max(1.0, rms / how_.clip_threshold);
    const double decay = 1 - how_.learning_rate * how_.weight_decay;
    T* weight = state_.weight.as<T>();
    for_all_rows([&](const auto& piece, const auto& factors, std::int64_t row) {
      kernels_.update(piece, factors, {weight + row * C_, decay, step});
      return 0.0;
    });
  }

 private:
  typename Kernels::Piece piece(std::int64_t row, std::int64_t rows) const {
    return {gradient_ + row * C_, rows, C_, how_.scale};
  }
  // An old mean and the new squares' sum over `count`: the new mean.
  T mean(T old, double beta2, double sum, std::int64_t count) const {
    const double now = sum / static_cast<double>(count) + how_.epsilon;
    return static_cast<T>(beta2 * static_cast<double>(old) + (1 - beta2) * now);
  }

  // The rows' means of matrix b, and 1 / sqrt(row / mean of all rows).
  void row_means(std::int64_t b, double beta2) {
    Scratch<double> sums(context_, R_);
    for_chunks(context_, R_, rows_of_chunk(C_), [&](std::int64_t begin, std::int64_t end) {
      kernels_.row_squares(piece(b * R_ + begin, end - begin), sums.data() + begin);
    });
    T* row = state_.row.as<T>() + b * R_;
    double all = 0;
    for (std::int64_t r = 0; r < R_; ++r) {
      row[r] = mean(row[r], beta2, sums[r], C_);
      all += static_cast<double>(row[r]);
    }
    all /= static_cast<double>(R_);
    for (std::int64_t r = 0; r < R_; ++r)
      row_[b * R_ + r] = static_cast<T>(1 / std::sqrt(static_cast<double>(row[r]) / all));
  }

  void column_means(std::int64_t b, double beta2) {
    const std::int64_t parts = (R_ + rows_of_sum - 1) / rows_of_sum;
    Scratch<double> partial(context_, parts * C_), sums(context_, C_);
    for_chunks(context_, R_, rows_of_sum, [&](std::int64_t begin, std::int64_t end) {
      kernels_.column_squares(piece(b * R_ + begin, end - begin), partial.data() + begin / rows_of_sum * C_);
    });
    add_partial_sums({partial.data(), parts, C_}, 0, C_, sums.data());
    T* column = state_.column.as<T>() + b * C_;
    for (std::int64_t c = 0; c < C_; ++c) {
      column[c] = mean(column[c], beta2, sums[c], R_);
      column_[b * C_ + c] = static_cast<T>(1 / std::sqrt(static_cast<double>(column[c])));
    }
  }

  // The sum of f(piece, factors, first row) over all matrices, in fixed pieces in fixed order.
  template <class F>
  double for_all_rows(const F& f) {
    const std::int64_t size = rows_of_chunk(C_), parts = (R_ + size - 1) / size;
    Scratch<double> partial(context_, parts);
    double sum = 0;
    for (std::int64_t b = 0; b < matrices_; ++b) {
      for_chunks(context_, R_, size, [&](std::int64_t begin, std::int64_t end) {
        const std::int64_t row = b * R_ + begin;
        const typename Kernels::Factors factors{row_.data() + row, column_.data() + b * C_};
        partial[begin / size] = f(piece(row, end - begin), factors, row);
      });
      for (std::int64_t i = 0; i < parts; ++i) sum += partial[i];
    }
    return sum;
  }

  const Context& context_;
  const Kernels& kernels_;
  const Adafactor& how_;
  const T* gradient_;
  const AdafactorState& state_;
  bool factored_;
  std::int64_t R_, C_, matrices_;
  Scratch<T> row_, column_;  // factors of the update
};

}  // namespace

void adafactor(const Context& context, const Adafactor& how, const ConstView& gradient,
               const AdafactorState& state) {
  assert(gradient.contiguous() && state.weight.contiguous() && state.weight.dtype == gradient.dtype);
  assert(state.weight.elements() == gradient.elements() && how.step >= 1);
  if (gradient.elements() == 0) return;
  visit_real(gradient.dtype, [&](auto tag) { Update<decltype(tag)>(context, how, gradient, state).run(); });
}

}  // namespace regard::kernels
