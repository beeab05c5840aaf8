// Makes the updates that compare_training.py dumped, without dropout, and prints each batch's loss: they must
// be those of PyTorch, which stand in losses.json beside them.
//
//   replay_training DIR [--f64] [--threads N]
//
// Exit code 0 when every loss agrees to 1e-5 relative, 1 when one does not.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "regard/base/error.h"
#include "regard/base/json.h"
#include "regard/kernels/elementwise.h"
#include "regard/kernels/optimizer.h"
#include "regard/models/registry.h"
#include "regard/tensor/safetensors.h"
#include "regard/tensor/token_batch.h"

namespace {

using namespace regard;

struct Batch {
  TokenBatch source, inputs;
  Tensor targets;  // i32 [N]
};

// Rows of a padded i64 [B,T] without their padding.
std::vector<std::vector<std::int32_t>> rows_of(const Tensor& padded, std::int64_t padding) {
  std::vector<std::vector<std::int32_t>> rows(static_cast<std::size_t>(padded.size(0)));
  const auto values = padded.host<std::int64_t>();
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] != padding)
      rows[i / static_cast<std::size_t>(padded.size(1))].push_back(static_cast<std::int32_t>(values[i]));
  return rows;
}

Batch read_batch(const SafetensorsFile& file, int k, const Json& settings) {
  const auto padding = settings.at("pad_token_id").get<std::int64_t>();
  const auto targets = rows_of(file.tensor(fmt::format("batch.{}.labels", k)), padding);
  auto inputs = targets;
  for (auto& row : inputs) {
    row.insert(row.begin(), settings.at("decoder_start_token_id").get<std::int32_t>());
    row.pop_back();
  }
  return {TokenBatch::of(rows_of(file.tensor(fmt::format("batch.{}.input_ids", k)), padding)),
          TokenBatch::of(inputs), TokenBatch::of(targets).ids};
}

struct Moments {
  Tensor m, v;
};

class Replay {
 public:
  Replay(models::SequenceToSequence& model, const Json& settings, const StepOptions& options)
      : model_(model), settings_(settings), options_(options) {
    for (Parameter* p : model.parameters().all())
      if (p->role() == Parameter::Role::trained) {
        if (options.compute == DType::f64) p->set(p->value().to(DType::f64));
        parameters_.push_back(p);
        moments_.push_back(
            {Tensor::zeros(p->shape(), options.compute), Tensor::zeros(p->shape(), options.compute)});
      }
  }

  // The loss before the update, in nats per target token.
  double update(const Batch& batch, std::int64_t number) {
    Tape tape;
    StepOptions options = options_;
    options.tape = &tape;
    Step step(options);
    const Var hidden = model_.decode(model_.encode(step, batch.source), batch.inputs);
    const auto loss = vocabulary_loss(hidden, model_.vocabulary(step), batch.targets,
                                      {.smoothing = settings_.at("label_smoothing_factor").get<double>()});
    tape.backward(loss.sum);
    const double tokens = static_cast<double>(loss.tokens), value = loss.sum.value().item() / tokens;
    double squares = 0;
    for (const Parameter* p : parameters_)
      squares += kernels::sum_of_squares(step.kernels(), tape.gradient(*p).view());
    const double norm = std::sqrt(squares) / tokens;
    const double clip = std::min(1.0, settings_.at("max_grad_norm").get<double>() / (norm + 1e-6));
    const kernels::Adam adam{
        .learning_rate =
            settings_.at("learning_rates").at(static_cast<std::size_t>(number - 1)).get<double>(),
        .beta1 = settings_.at("adam_beta1").get<double>(),
        .beta2 = settings_.at("adam_beta2").get<double>(),
        .epsilon = settings_.at("adam_epsilon").get<double>(),
        .step = number,
        .scale = clip / tokens};
    for (std::size_t i = 0; i < parameters_.size(); ++i)
      kernels::adam(step.kernels(), adam, tape.gradient(*parameters_[i]).view(),
                    {parameters_[i]->update(), moments_[i].m.mutable_view(), moments_[i].v.mutable_view()});
    return value;
  }

 private:
  models::SequenceToSequence& model_;
  const Json& settings_;
  StepOptions options_;
  std::vector<Parameter*> parameters_;
  std::vector<Moments> moments_;
};

int replay(const std::filesystem::path& directory, DType compute, int threads) {
  const Json settings = read_json(directory / "settings.json"), losses = read_json(directory / "losses.json");
  const SafetensorsFile batches(directory / "batches.safetensors");
  const auto model = models::load_as<models::SequenceToSequence>(directory / "model");
  const ThreadPool pool(threads);
  Replay run(*model, settings, {.threads = &pool, .compute = compute});
  const Json& expected =
      losses.at(compute == DType::f64 && losses.contains("float64") ? "float64" : "float32");
  double worst = 0;
  for (int k = 0; k < settings.at("batches").get<int>(); ++k) {
    const double found = run.update(read_batch(batches, k, settings), k + 1);
    const double wanted = expected.at(static_cast<std::size_t>(k)).get<double>();
    const double apart = std::fabs(found - wanted) / wanted;
    worst = std::max(worst, apart);
    std::puts(
        fmt::format("{:2} Regard {:.9f} PyTorch {:.9f} relative difference {:.1e}", k, found, wanted, apart)
            .c_str());
  }
  std::puts(fmt::format("largest relative difference {:.1e}", worst).c_str());
  return worst <= 1e-5 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: replay_training DIR [--f64] [--threads N]\n", stderr);
    return 2;
  }
  DType compute = DType::f32;
  int threads = default_threads();
  for (int i = 2; i < argc; ++i) {
    if (std::strcmp(argv[i], "--f64") == 0) compute = DType::f64;
    if (std::strcmp(argv[i], "--threads") == 0 && i + 1 < argc) threads = std::atoi(argv[++i]);
  }
  try {
    return replay(argv[1], compute, threads);
  } catch (const std::exception& e) {
    std::fputs((std::string(e.what()) + "\n").c_str(), stderr);
    return 3;
  }
}
