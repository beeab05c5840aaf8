#include "regard/kernels/attention.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "regard/kernels/cpu/attention.h"
#include "regard/kernels/reference/attention.h"
#include "regard/kernels/reserve.h"
#include "regard/kernels/table.h"

namespace regard::kernels {
namespace {

// The best level's kernels that take the problem; the reference takes everything.
const AttentionKernels& choose_kernels(const Context& context, const AttentionProblem& p,
                                       const ConstView& dout = {}) {
  const AttentionKernels& specification = p.q.dtype == DType::f64 ? reference::attention_kernels<double>()
                                                                  : reference::attention_kernels<float>();
  if (p.content.buckets || (dout && dout.stride(2) != 1)) return specification;
  if (p.products == DType::bf16 && context.level == Level::amx)
    if (const AttentionKernels* tiles = cpu::attention_on_amx(); tiles != nullptr && tiles->accepts(p))
      return *tiles;
  for (const Row<AttentionKernels>& row : table_of(cpu::attention_kernels, specification))
    if (row.level > Level::reference && row.level <= context.level && row.kernels != nullptr &&
        row.kernels->accepts(p))
      return *row.kernels;
  return specification;
}

struct Task {
  std::int32_t sequence, head, tile;
};

// Runs body(task, scratch) for every task. Tasks go to threads by a fixed number at a time, so that short
// sequences do not cost a hand-over each.
template <class Body>
void run_tasks(const Context& context, const std::vector<Task>& tasks, std::int64_t scratch_bytes,
               const Body& body) {
  const auto count = static_cast<std::int64_t>(tasks.size());
  const std::int64_t size = std::clamp<std::int64_t>(count / 64, 1, 16), chunks = (count + size - 1) / size;
  const auto chunk = [&](std::int64_t c) {
    Scratch<std::byte> scratch(context, scratch_bytes);
    for (std::int64_t t = c * size; t < std::min(count, (c + 1) * size); ++t)
      body(tasks[static_cast<std::size_t>(t)], scratch.data());
  };
  reserve_scratch<std::byte>(context, scratch_bytes, chunks);
  if (context.threads == nullptr || chunks <= 1)
    for (std::int64_t c = 0; c < chunks; ++c) chunk(c);
  else
    context.threads->run(chunks, chunk);
}

// A task for each (sequence, head, tile); count(sequence) tiles.
template <class Count>
std::vector<Task> tasks_of(const TilePlan& plan, std::int64_t heads, const Count& count) {
  std::vector<Task> tasks;
  for (std::size_t b = 0; b < plan.sequences.size(); ++b)
    for (std::int64_t t = 0; t < count(plan.sequences[b]); ++t)
      for (std::int64_t h = 0; h < heads; ++h)
        tasks.push_back(
            {static_cast<std::int32_t>(b), static_cast<std::int32_t>(h), static_cast<std::int32_t>(t)});
  return tasks;
}

// The keys or queries of all sequences in a form that the kernels ask for, made by all threads.
class Packed {
 public:
  struct Which {
    const AttentionForm& form;
    std::int64_t heads;
    std::int64_t (*length)(const AttentionSequence&);
  };
  Packed(const AttentionBy& by, const Which& which, const AttentionBackwardPiece& of)
      : first_(first_tiles(*of.problem->plan, which)),
        memory_(by.context, bytes(*of.problem, which)),
        operands_{memory_.data(), which.form.pack ? which.form.bytes(*of.problem) : 0, which.heads,
                  first_.data()} {
    if (which.form.pack == nullptr) return;
    const auto count = [&](const AttentionSequence& s) { return tiles_of(which.length(s)); };
    run_tasks(by.context, tasks_of(*of.problem->plan, which.heads, count), by.kernels.scratch(*of.problem),
              [&](const Task& t, void* scratch) {
                AttentionBackwardPiece piece = of;
                piece.sequence = t.sequence;
                piece.head = t.head;
                piece.tile = t.tile;
                piece.scratch = scratch;
                which.form.pack(piece, operands_.at(t.sequence, t.tile, t.head));
              });
  }
  const PackedOperands& operands() const { return operands_; }

  static std::int64_t keys(const AttentionSequence& s) { return s.keys; }
  static std::int64_t queries(const AttentionSequence& s) { return s.queries; }

 private:
  static std::vector<std::int64_t> first_tiles(const TilePlan& plan, const Which& which) {
    std::vector<std::int64_t> first;
    if (which.form.pack == nullptr) return first;
    first.push_back(0);
    for (const AttentionSequence& s : plan.sequences)
      first.push_back(first.back() + tiles_of(which.length(s)));
    return first;
  }
  std::int64_t bytes(const AttentionProblem& p, const Which& which) const {
    return which.form.pack ? std::max<std::int64_t>(1, first_.back() * which.heads * which.form.bytes(p)) : 1;
  }

  std::vector<std::int64_t> first_;
  Scratch<std::byte> memory_;
  PackedOperands operands_;
};

// Parts of dq for the sequences that one pass over the scores serves. The number of stripes is a matter of
// shapes alone, so that results do not depend on the number of threads: a task each for every key head, and
// memory of no more than twice the operands. Short sequences have one.
class Parts {
 public:
  template <class Whole>  // the sequences that it does not serve
  Parts(const AttentionBy& by, const AttentionProblem& p, const Whole& whole)
      : stripes_(p.k.size(1) >= 4 ? 4 : 4 + 2 * p.k.size(1) / p.q.size(1)),
        first_(first_tiles(p, whole)),
        floats_(by.kernels.one_pass.part_floats(p)),
        heads_(p.q.size(1)),
        memory_(by.context, std::max<std::int64_t>(1, first_.back() * heads_ * floats_)) {}
  std::int64_t stripes(const AttentionSequence& s) const {
    return tiles_of(s.keys) <= 4 ? 1 : std::min(stripes_, tiles_of(s.keys));
  }
  QueryParts of(const AttentionSequence& s) {
    return {memory_.data(), floats_, heads_, stripes(s), first_.data()};
  }

 private:
  template <class Whole>
  std::vector<std::int64_t> first_tiles(const AttentionProblem& p, const Whole& whole) const {
    std::vector<std::int64_t> first{0};
    for (const AttentionSequence& s : p.plan->sequences)
      first.push_back(first.back() + (whole(s) ? 0 : stripes(s) * tiles_of(s.queries)));
    return first;
  }

  std::int64_t stripes_;
  std::vector<std::int64_t> first_;
  std::int64_t floats_, heads_;
  Scratch<float> memory_;
};

void check(const AttentionProblem& p) {
  assert(p.plan != nullptr && p.q.size(1) % p.k.size(1) == 0);
  assert(p.plan->queries == p.q.size(0) && p.k.size(1) == p.v.size(1));
  assert(p.plan->heads == 1 || p.plan->heads == p.q.size(1));
  assert(p.pairing == Pairing::dot || p.additive_weight);
  (void)p;
}

// delta[n,h] = dout . out, in eight interleaved sums so that it is quick and the same at every level.
template <class T>
void fill_delta(const Context& context, const AttentionSaved& saved, const View& delta) {
  const std::int64_t N = delta.size(0), H = delta.size(1), Dv = saved.out.size(2);
  const std::int64_t step = saved.out.stride(2), dstep = saved.dout.stride(2);
  for_chunks(context, N, 64, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n)
      for (std::int64_t h = 0; h < H; ++h) {
        const T* y = saved.out.as<T>() + n * saved.out.stride(0) + h * saved.out.stride(1);
        const T* dy = saved.dout.as<T>() + n * saved.dout.stride(0) + h * saved.dout.stride(1);
        std::array<T, 8> sums{};
        std::int64_t x = 0;
        if (step == 1 && dstep == 1)
          for (; x + 8 <= Dv; x += 8)
            for (std::int64_t e = 0; e < 8; ++e) sums[static_cast<std::size_t>(e)] += y[x + e] * dy[x + e];
        double sum = 0;
        for (; x < Dv; ++x) sum += static_cast<double>(y[x * step]) * static_cast<double>(dy[x * dstep]);
        for (const T s : sums) sum += static_cast<double>(s);
        delta.as<T>()[n * H + h] = static_cast<T>(sum);
      }
  });
}

// The sequences' parts of a gradient that they share, added in the order of the sequences.
template <class T>
void add_parts(const double* parts, std::int64_t count, const View& sum, std::int64_t columns) {
  const std::int64_t elements = sum.elements();
  for (std::int64_t e = 0; e < elements; ++e) {
    double total = 0;
    for (std::int64_t b = 0; b < count; ++b) total += parts[b * elements + e];
    const std::int64_t r = e / columns, c = e % columns;
    sum.as<T>()[sum.shape.rank() == 1 ? e * sum.stride(0) : r * sum.stride(0) + c * sum.stride(1)] =
        static_cast<T>(total);
  }
}

}  // namespace

void attention_forward(const Context& context, const AttentionProblem& p, const AttentionResult& result) {
  attention_forward_by({choose_kernels(context, p), context}, p, result);
}
void attention_backward(const Context& context, const AttentionProblem& p, const AttentionSaved& saved,
                        const AttentionGradient& gradient) {
  attention_backward_by({choose_kernels(context, p, saved.dout), context}, p, saved, gradient);
}

void attention_forward_by(const AttentionBy& by, const AttentionProblem& p, const AttentionResult& result) {
  check(p);
  const AttentionKernels& kernels = by.kernels;
  const Context& context = by.context;
  AttentionBackwardPiece all;
  all.problem = &p;
  all.unit = kernels.unit;
  const Packed keys(by, {kernels.forward_key_form, p.k.size(1), Packed::keys}, all);
  const bool ranges = p.plan->form == PlanForm::ranges;
  const auto tiles = [&](const AttentionSequence& s) { return ranges ? 1 : tiles_of(s.queries); };
  run_tasks(context, tasks_of(*p.plan, ranges ? p.k.size(1) : p.q.size(1), tiles), kernels.scratch(p),
            [&](const Task& t, void* scratch) {
              const AttentionPiece piece{&p,      t.sequence,   t.head,         t.tile,
                                         scratch, kernels.unit, keys.operands()};
              (ranges ? kernels.forward_ranges : kernels.forward)(piece, result);
            });
}

void attention_backward_by(const AttentionBy& by, const AttentionProblem& p, const AttentionSaved& saved,
                           const AttentionGradient& g) {
  check(p);
  assert(g.columns != nullptr && p.plan->form == PlanForm::tiles);
  const AttentionKernels& kernels = by.kernels;
  const Context& context = by.context;
  const std::int64_t N = p.q.size(0), H = p.q.size(1), G = p.k.size(1), D = p.q.size(2);
  const auto B = static_cast<std::int64_t>(p.plan->sequences.size());
  Scratch<double> delta_memory(context, std::max<std::int64_t>(1, N * H));
  const View delta(delta_memory.data(), p.q.dtype, {N, H});
  if (p.q.dtype == DType::f64)
    fill_delta<double>(context, saved, delta);
  else
    fill_delta<float>(context, saved, delta);

  const std::int64_t bias_part = g.dbias ? g.dbias.elements() : 0,
                     additive_part = g.dadditive_weight ? G * D : 0;
  Scratch<double> dbias(context, std::max<std::int64_t>(1, B * bias_part));
  Scratch<double> dadditive(context, std::max<std::int64_t>(1, B * additive_part));
  std::fill(dbias.data(), dbias.data() + B * bias_part, 0.0);
  std::fill(dadditive.data(), dadditive.data() + B * additive_part, 0.0);

  AttentionBackwardPiece all;
  all.problem = &p;
  all.unit = kernels.unit;
  all.saved = &saved;
  all.gradient = &g;
  all.delta = delta;
  const Packed keys(by, {kernels.backward_key_form, G, Packed::keys}, all);
  const Packed queries(by, {kernels.backward_query_form, H, Packed::queries}, all);
  all.keys = keys.operands();
  all.queries = queries.operands();
  const auto piece_of = [&](const Task& t, void* scratch) {
    AttentionBackwardPiece piece = all;
    piece.sequence = t.sequence;
    piece.head = t.head;
    piece.tile = t.tile;
    piece.scratch = scratch;
    return piece;
  };
  const auto run = [&](const std::vector<Task>& tasks, void (*kernel)(const AttentionBackwardPiece&)) {
    run_tasks(context, tasks, kernels.scratch(p), [&](const Task& t, void* scratch) {
      AttentionBackwardPiece piece = piece_of(t, scratch);
      if (bias_part > 0) piece.dbias = dbias.data() + t.sequence * bias_part + t.head * (bias_part / G);
      if (additive_part > 0) piece.dadditive = dadditive.data() + (t.sequence * G + t.head) * D;
      kernel(piece);
    });
  };
  const auto whole = [&](const AttentionSequence& s) {
    return kernels.backward_keys == nullptr || (s.queries <= tile_side && s.keys <= tile_side);
  };
  // Rows of tiles of a head share its part of the bias's gradient and then are one task.
  const auto run_queries = [&] {
    const auto tiles = [&](const AttentionSequence& s) { return whole(s) ? 0 : tiles_of(s.queries); };
    const auto tasks = [&](const AttentionSequence& s) {
      return bias_part > 0 ? std::min<std::int64_t>(1, tiles(s)) : tiles(s);
    };
    run_tasks(context, tasks_of(*p.plan, H, tasks), kernels.scratch(p), [&](const Task& t, void* scratch) {
      AttentionBackwardPiece piece = piece_of(t, scratch);
      if (bias_part == 0) return kernels.backward_queries(piece);
      piece.dbias = dbias.data() + t.sequence * bias_part + t.head * (bias_part / H);
      const std::int64_t count = tiles(p.plan->sequences[static_cast<std::size_t>(t.sequence)]);
      for (piece.tile = 0; piece.tile < count; ++piece.tile) kernels.backward_queries(piece);
    });
  };
  run(tasks_of(*p.plan, G, [&](const AttentionSequence& s) { return whole(s) ? 1 : 0; }),
      kernels.backward_sequence);
  const bool in_one_pass = kernels.one_pass.stripe != nullptr && (g.dk || g.dv) && g.dq && bias_part == 0;
  if (in_one_pass) {
    Parts parts(by, p, whole);
    const auto run_with_parts = [&](const std::vector<Task>& tasks,
                                    void (*kernel)(const AttentionBackwardPiece&)) {
      run_tasks(context, tasks, kernels.scratch(p), [&](const Task& t, void* scratch) {
        AttentionBackwardPiece piece = piece_of(t, scratch);
        piece.parts = parts.of(p.plan->sequences[static_cast<std::size_t>(t.sequence)]);
        kernel(piece);
      });
    };
    run_with_parts(
        tasks_of(*p.plan, G, [&](const AttentionSequence& s) { return whole(s) ? 0 : parts.stripes(s); }),
        kernels.one_pass.stripe);
    run_with_parts(
        tasks_of(*p.plan, H, [&](const AttentionSequence& s) { return whole(s) ? 0 : tiles_of(s.queries); }),
        kernels.one_pass.sum);
  } else if (kernels.backward_keys != nullptr) {
    if (g.dk || g.dv)
      run(tasks_of(*p.plan, G, [&](const AttentionSequence& s) { return whole(s) ? 0 : tiles_of(s.keys); }),
          kernels.backward_keys);
    if (g.dq || g.dbias) run_queries();
  }
  const auto add = [&](const double* parts, std::int64_t count, const View& sum) {
    const std::int64_t columns = sum.shape[-1];
    if (sum.dtype == DType::f64)
      add_parts<double>(parts, count, sum, columns);
    else
      add_parts<float>(parts, count, sum, columns);
  };
  if (g.dbias) add(dbias.data(), B, g.dbias);
  if (g.dadditive_weight) add(dadditive.data(), B * G, g.dadditive_weight);
}

}  // namespace regard::kernels
