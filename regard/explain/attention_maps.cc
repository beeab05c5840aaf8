#include "regard/explain/attention_maps.h"

#include <charconv>

namespace regard::explain {

AttentionName attention_name(std::string_view probed) {
  const AttentionName none;
  const std::string_view encoder = "encoder.block.";
  const std::string_view decoder = "decoder.block.";
  const bool in_encoder = probed.starts_with(encoder);
  if ((!in_encoder && !probed.starts_with(decoder)) || !probed.ends_with("attention.weights")) return none;
  probed.remove_prefix(encoder.size());
  AttentionName name;
  const auto [end, error] = std::from_chars(probed.data(), probed.data() + probed.size(), name.layer);
  if (error != std::errc{}) return none;
  probed.remove_prefix(static_cast<std::size_t>(end - probed.data()));
  const bool cross = probed == ".cross.attention.weights";
  if (!cross && probed != ".attention.weights") return none;  // that of Longformer's global tokens
  name.part = in_encoder ? AttentionPart::encoder : cross ? AttentionPart::cross : AttentionPart::decoder;
  return name;
}

std::string name_of(const AttentionName& name) {
  const char* stack = name.part == AttentionPart::encoder ? "encoder" : "decoder";
  const char* cross = name.part == AttentionPart::cross ? ".cross" : "";
  return stack + (".block." + std::to_string(name.layer)) + cross + ".attention";
}

CrossAttention cross_attention(const models::SequenceToSequence& model, const StepOptions& options,
                               const std::vector<std::int32_t>& source,
                               const std::vector<std::int32_t>& inputs) {
  CrossAttention result;
  const auto layer_of = [](const std::string& probed) {
    const AttentionName name = attention_name(probed);
    return name.part == AttentionPart::cross ? name.layer : -1;
  };
  FunctionProbe probe([&](const std::string& name) { return layer_of(name) >= 0; },
                      [&](const std::string& name, const Tensor& value) {
                        const auto layer = static_cast<std::size_t>(layer_of(name));
                        if (result.weights.size() <= layer) result.weights.resize(layer + 1);
                        result.weights[layer] = value;
                      });
  StepOptions probing = options;
  probing.probe = &probe;
  Step step(probing);
  const models::Memory memory = model.encode(step, TokenBatch::of({source}));
  model.decode(memory, TokenBatch::of({inputs}));
  return result;
}

}  // namespace regard::explain
