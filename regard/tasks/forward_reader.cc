#include "regard/tasks/forward_reader.h"

#include <fmt/format.h>

#include "regard/explain/attention_maps.h"
#include "regard/tasks/forward_parts.h"

namespace regard::tasks {
namespace {

constexpr std::string_view encoder_output = "encoder.output", decoder_output = "decoder.output";

}  // namespace

std::string output_field(const std::string& probed, const ForwardOptions& options, Stacks stacks) {
  using explain::AttentionPart;
  if (const explain::AttentionName attention = explain::attention_name(probed); attention.layer >= 0) {
    if (options.attentions == Inside::none) return "";
    const char* part = stacks == Stacks::one                      ? ""
                       : attention.part == AttentionPart::encoder ? "encoder_"
                       : attention.part == AttentionPart::decoder ? "decoder_"
                                                                  : "cross_";
    return fmt::format("{}attentions.{}", part, attention.layer);
  }
  if (options.hidden_states == Inside::none) return "";
  for (const std::string_view side : {"encoder", "decoder"}) {
    const std::string block = fmt::format("{}.block.", side);
    if (!probed.starts_with(block)) continue;
    const std::string rest = probed.substr(block.size());
    const std::size_t dot = rest.find('.');
    if (dot == std::string::npos || rest.substr(dot) != ".input") return "";
    return fmt::format("{}{}hidden_states.{}", stacks == Stacks::one ? "" : side,
                       stacks == Stacks::one ? "" : "_", rest.substr(0, dot));
  }
  return "";
}

bool PassReader::wants(const std::string& name) {
  return name == encoder_output || name == decoder_output ||
         !output_field(name, options_, sides_.stacks).empty();
}

std::optional<Tensor> PassReader::see(const std::string& name, const Tensor& value) {
  const bool source = name.starts_with("encoder");
  const Layout& layout = source ? sides_.source : sides_.target;
  const std::int64_t columns = source ? sides_.source_columns : sides_.target_columns;
  if (name == encoder_output || name == decoder_output) {
    (source ? encoded : decoded) = padded(value, layout, columns);
  } else if (!name.ends_with("attention.weights")) {
    fields_.push_back({output_field(name, options_, sides_.stacks), padded(value, layout, columns)});
  } else {
    const bool own = explain::attention_name(name).part == explain::AttentionPart::decoder;
    const std::int64_t keys = own ? sides_.target_columns : sides_.source_columns;
    fields_.push_back(
        {output_field(name, options_, sides_.stacks), padded_weights(value, {layout, columns, keys})});
  }
  return std::nullopt;
}

std::vector<NamedTensor> PassReader::fields() {
  std::vector<NamedTensor> all = std::move(fields_);
  if (options_.hidden_states == Inside::wanted) {
    if (sides_.stacks == Stacks::one) {
      add_last_hidden(all, "hidden_states", decoded ? decoded : encoded);
    } else {
      add_last_hidden(all, "encoder_hidden_states", encoded);
      add_last_hidden(all, "decoder_hidden_states", decoded);
    }
  }
  if (sides_.stacks == Stacks::two) all.push_back({"encoder_last_hidden_state", encoded});
  return all;
}

}  // namespace regard::tasks
