#include "regard/tasks/demo.h"

#include <fmt/format.h>

#include <memory>

#include "regard/base/error.h"
#include "regard/cli/command.h"
#include "regard/cli/interrupt.h"
#include "regard/cli/training_surroundings.h"

namespace regard::cli {
namespace {

constexpr double expected_rate = 0.99;

// How this program can be called from here.
std::string own_name() {
  std::error_code failure;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", failure);
  if (failure) return "regard";
  const auto relative = std::filesystem::relative(program, failure);
  return failure || relative.empty() || relative.string().starts_with("../..") ? program.string()
                                                                               : relative.string();
}

void print(Console& console, const tasks::DemoResult& result, double rate) {
  Output& out = console.out();
  constexpr std::size_t shown = 5;
  for (std::size_t i = 0; i < std::min(shown, result.lines.size()); ++i)
    out.line(fmt::format("{}  ->  {}", result.lines[i].source, result.lines[i].target));
  std::size_t wrong = 0;
  for (const tasks::DemoLine& line : result.lines)
    if (line.target != line.expected && ++wrong <= shown)
      out.line(fmt::format("wrong: {}  ->  {}, expected {}", line.source, line.target, line.expected));
  out.line(fmt::format("exact match on {} unseen numbers: {:.3f} ({} of them), trained in {:.0f} s",
                       result.lines.size(), rate, result.exact, result.training_seconds));
  out.line(fmt::format("alignment error rate of its attention: {:.3f} (by layer: {:.3f})",
                       result.alignment_error_rate, fmt::join(result.layer_error_rates, ", ")));
  out.line(fmt::format("where it looked: {} (open it in a browser)", result.page.string()));
  out.line(fmt::format("the model:       {}", result.model.string()));
  const std::string name = own_name();
  out.line("");
  out.line("what to type next:");
  out.line(fmt::format("  echo 'three hundred forty-two thousand five hundred six' | {} translate {}", name,
                       result.model.string()));
  out.line(fmt::format("  {} info {}", name, result.model.string()));
  out.line(fmt::format("  {} train translation --help", name));
}

struct DemoCommand {
  tasks::DemoOptions demo;
  bool data_only = false;
};

void run(const DemoCommand& command, Console& console) {
  const tasks::DemoOptions& options = command.demo;
  console.check_dtype(f32_alone);
  if (command.data_only) {
    tasks::write_demo_data(options);
    return console.log().info(fmt::format("{}: train.tsv, valid.tsv and unseen.tsv are written",
                                          (options.directory / "data").string()));
  }
  hold_interrupts();
  const train::Surroundings around = training_surroundings(console);
  const tasks::DemoResult result = tasks::run_demo(options, around);
  const double rate = static_cast<double>(result.exact) / static_cast<double>(result.lines.size());
  if (console.json())
    console.out().line(to_line({{"exact_match", rate},
                                {"unseen", result.lines.size()},
                                {"training_seconds", result.training_seconds},
                                {"alignment_error_rate", result.alignment_error_rate},
                                {"alignment_error_rate_by_layer", result.layer_error_rates},
                                {"model", result.model.string()},
                                {"page", result.page.string()}}));
  else
    print(console, result, rate);
  console.out().flush();
  if (rate < expected_rate && options.updates == 0)
    throw Error(fmt::format("demo: exact match is {:.3f}, expected at least {}", rate, expected_rate));
}

}  // namespace

Action declare_demo(CLI::App& app) {
  auto command = std::make_shared<DemoCommand>();
  tasks::DemoOptions& demo = command->demo;
  app.add_option("--output", demo.directory, "the folder for data, model and page; default: demo");
  app.add_option("--seed", demo.seed, "of data, weights and order; default: 1");
  app.add_option("--unseen", demo.unseen, "numbers to be tested with; default: 1000")
      ->check(CLI::Range(1, 100000));
  app.add_option("--updates", demo.updates, "of training, in place of the usual number")
      ->check(CLI::Range(1, 1 << 20));
  app.add_flag("--data-only", command->data_only, "only write the data, to train with as you like");
  return [command](Console& console) { run(*command, console); };
}

}  // namespace regard::cli
