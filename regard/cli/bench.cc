#include <fmt/format.h>

#include "regard/base/error.h"
#include "regard/base/json.h"
#include "regard/base/suggest.h"
#include "regard/cli/bench_work.h"
#include "regard/cli/command.h"
#include "regard/cli/interrupt.h"

namespace regard::cli {
namespace {

struct BenchCommand {
  std::vector<std::string> works;
  double seconds = 0.5;
  std::vector<std::int64_t> lengths;
  bool small = false;
};

struct Work {
  const char* name;
  void (*run)(const BenchOptions&, const Peaks&, const Report&);
};
constexpr Work all_works[] = {{"gemm", bench_gemm},           {"attention", bench_attention},
                              {"train", bench_train},         {"encode", bench_encode},
                              {"translate", bench_translate}, {"decode", bench_decode}};

const Work& work_named(const std::string& name) {
  std::vector<std::string> names;
  for (const Work& work : all_works) {
    if (name == work.name) return work;
    names.emplace_back(work.name);
  }
  throw UsageError(fmt::format("bench: found '{}', expected {}{}", name, fmt::join(names, ", "),
                               did_you_mean(name, names)));
}

Json to_json(const BenchRow& row) {
  Json json{{"work", row.work},       {"shape", row.shape}, {"dtype", kernels::name_of(row.format)},
            {"seconds", row.seconds}, {"rate", row.rate},   {"unit", row.unit},
            {"bound", row.bound}};
  json["share"] = row.share ? Json(*row.share) : Json();
  return json;
}

void print_peaks(const Peaks& peaks, Console& console) {
  if (console.json()) {
    const auto known = [](double x) { return x > 0 ? Json(x) : Json(); };
    return console.out().line(to_line({{"work", "peaks"},
                                       {"isa", kernels::name_of(console.level())},
                                       {"threads", console.threads().threads()},
                                       {"f32", known(peaks.f32)},
                                       {"bf16", known(peaks.bf16)},
                                       {"int8", known(peaks.int8)},
                                       {"read", known(peaks.read)}}));
  }
  const auto line = [&](const char* name, double value, const char* unit) {
    console.out().line(value > 0 ? fmt::format("peak {:<6}{:>10.1f} {}", name, value * 1e-9, unit)
                                 : fmt::format("peak {:<6}{:>10} {}", name, "?", unit));
  };
  console.out().line(
      fmt::format("{}, {} threads", kernels::name_of(console.level()), console.threads().threads()));
  line("f32", peaks.f32, "GFLOP/s");
  line("bf16", peaks.bf16, "GFLOP/s");
  line("int8", peaks.int8, "Gop/s");
  line("read", peaks.read, "GB/s");
}

void print(const BenchRow& row, Console& console) {
  if (console.json()) {
    console.out().line(to_line(to_json(row)));
  } else {
    const std::string share =
        row.share ? fmt::format("{:5.1f} % of {}", *row.share * 100, row.bound) : std::string();
    console.out().line(fmt::format("{:<10} {:<40} {:<5} {:>10.3f} ms {:>10.1f} {:<9}{}", row.work, row.shape,
                                   kernels::name_of(row.format), row.seconds * 1e3, row.rate, row.unit,
                                   share));
  }
  console.out().flush();
}

void run(const BenchCommand& command, Console& console) {
  console.check_dtype(decoding_dtypes);
  std::vector<const Work*> works;
  for (const std::string& name : command.works) works.push_back(&work_named(name));
  if (works.empty())
    for (const Work& work : all_works) works.push_back(&work);
  BenchOptions options;
  options.step = console.step_options();
  options.seconds = command.seconds;
  options.lengths = command.lengths;
  if (command.small) options.sizes = BenchOptions::Sizes::small;
  options.stop = interrupted;
  hold_interrupts();
  const Peaks peaks = measure_peaks(options);
  print_peaks(peaks, console);
  for (const Work* work : works) work->run(options, peaks, [&](const BenchRow& row) { print(row, console); });
}

}  // namespace

Action declare_bench(CLI::App& app) {
  auto command = std::make_shared<BenchCommand>();
  app.add_option("WORK", command->works,
                 "gemm, attention, train, encode, translate, decode; default: all of them");
  app.add_option("--seconds", command->seconds, "time for each row, at least; default: 0.5")
      ->check(CLI::Range(0.0, 3600.0));
  app.add_option("--lengths", command->lengths, "tokens of each sequence in attention; default: 1024,4096")
      ->delimiter(',')
      ->check(CLI::Range(1, 1 << 20));
  app.add_flag("--small", command->small, "tiny shapes: to see that it runs, not how fast");
  return [command](Console& console) { run(*command, console); };
}

}  // namespace regard::cli
