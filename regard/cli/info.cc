#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <thread>

#include "regard/base/error.h"
#include "regard/base/json.h"
#include "regard/base/version.h"
#include "regard/cli/command.h"
#include "regard/models/encoder_decoder_families.h"
#include "regard/models/native.h"
#include "regard/tensor/safetensors.h"

namespace regard::cli {
namespace {

struct InfoOptions {
  std::string path;
  bool tensors = false;
};

std::string shape_text(const std::vector<std::int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

// Elements of a checked header: the product fits, the reader made sure.
std::uint64_t elements_of(const TensorInfo& info) {
  std::uint64_t n = 1;
  for (const std::int64_t size : info.shape) n *= static_cast<std::uint64_t>(size);
  return n;
}

std::string compiler() {
#if defined(__clang__)
  return fmt::format("clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
  return fmt::format("g++ {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
}

void print_machine(Console& console) {
  Json levels = Json::array();
  for (const auto level : {kernels::Level::reference, kernels::Level::plain, kernels::Level::avx2,
                           kernels::Level::avx512, kernels::Level::amx})
    if (level <= kernels::best_level()) levels.push_back(kernels::name_of(level));
  const auto pages = static_cast<std::uint64_t>(std::max(0L, sysconf(_SC_PHYS_PAGES)));
  const std::uint64_t memory = pages * static_cast<std::uint64_t>(std::max(0L, sysconf(_SC_PAGESIZE)));
#ifdef NDEBUG
  const char* assertions = "off";
#else
  const char* assertions = "on";
#endif
  const Json info{{"version", version()},
                  {"isa", kernels::name_of(console.level())},
                  {"isa_available", levels},
                  {"threads", console.threads().threads()},
                  {"processors", std::thread::hardware_concurrency()},
                  {"memory_bytes", memory},
                  {"device", "cpu"},
                  {"compiler", compiler()},
                  {"assertions", assertions}};
  if (console.json()) return console.out().line(to_line(info));
  std::string available;
  for (const Json& level : levels) available += " " + level.get<std::string>();
  Output& out = console.out();
  out.line(fmt::format("regard       {}", version()));
  out.line(fmt::format("instructions {} (available:{})", kernels::name_of(console.level()), available));
  out.line(fmt::format("threads      {} (processors: {})", console.threads().threads(),
                       std::thread::hardware_concurrency()));
  out.line(fmt::format("memory       {:.1f} GiB", static_cast<double>(memory) / (1 << 30)));
  out.line("device       cpu");
  out.line(fmt::format("built with   {}, assertions {}", compiler(), assertions));
}

// What a model's configuration says of its shape, whatever its family; nothing of a family that is not known.
Json shape_of(const Json& config, const std::string& file) {
  const JsonField field(config, file);
  const models::EncoderDecoderFamily* family =
      models::encoder_decoder_family(field.text_or("model_type", ""));
  return family == nullptr ? Json::object() : models::shape_of(family->read(field));
}

void print_config(Console& console, const Json& config, const Json& shape) {
  const auto print = [&](const std::string& key, const Json& value) {
    console.out().line(
        fmt::format("{:<24} {}", key, value.is_string() ? value.get<std::string>() : to_line(value)));
  };
  for (const char* key :
       {"model_type", "architectures", "vocab_size", "decoder_vocab_size", "d_model", "encoder_layers",
        "decoder_layers", "encoder_attention_heads", "decoder_attention_heads", "encoder_ffn_dim",
        "decoder_ffn_dim", "activation_function", "max_position_embeddings"})
    if (config.contains(key)) print(key, config[key]);
  for (const auto& [key, value] : shape.items()) print(key, value);
}

void print_weights(Console& console, const InfoOptions& options) {
  const std::filesystem::path path = options.path;
  Json config, shape;
  if (std::filesystem::is_directory(path)) {
    const std::string file = path / "config.json";
    config = read_json(file);
    if (!config.is_object()) JsonField(config, file).refuse("an object");
    shape = shape_of(config, file);
  }
  const Weights weights = Weights::open(path);
  std::uint64_t parameters = 0;
  std::uint64_t bytes = 0;
  Json tensors = Json::array();
  for (const std::string& name : weights.names()) {
    const TensorInfo& info = *weights.find(name);
    parameters += elements_of(info);
    bytes += info.end - info.begin;
    tensors.push_back({{"name", name}, {"dtype", info.dtype}, {"shape", info.shape}});
  }
  if (console.json()) {
    Json info{{"path", options.path}, {"file", weights.path().string()}, {"parameters", parameters},
              {"bytes", bytes},       {"tensor_count", tensors.size()},  {"tensors", tensors}};
    if (!config.is_null()) {
      info["config"] = config;
      info["shape"] = shape;
    }
    return console.out().line(to_line(info));
  }
  if (!config.is_null()) print_config(console, config, shape);
  console.out().line(fmt::format("{:<24} {}", "file", weights.path().string()));
  console.out().line(
      fmt::format("{:<24} {} in {} tensors, {} bytes", "parameters", parameters, tensors.size(), bytes));
  if (options.tensors || config.is_null())
    for (const std::string& name : weights.names()) {
      const TensorInfo& info = *weights.find(name);
      console.out().line(fmt::format("{:<5} {:<16} {}", info.dtype, shape_text(info.shape), name));
    }
}

}  // namespace

Action declare_info(CLI::App& app) {
  auto options = std::make_shared<InfoOptions>();
  app.add_option("MODEL", options->path, "a checkpoint directory or a .safetensors file");
  app.add_flag("--tensors", options->tensors, "list the tensors of a checkpoint directory too");
  return [options](Console& console) {
    if (options->path.empty()) return print_machine(console);
    print_weights(console, *options);
  };
}

}  // namespace regard::cli
