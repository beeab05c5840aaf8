#include "regard/models/bart.h"

#include "regard/models/bart_config.h"

namespace regard::models {

EncoderDecoderConfig bart_model_config(const JsonField& config) {
  EncoderDecoderConfig c = bart_config(config);
  c.positions = nn::PositionType::learned;
  c.position_offset = 2;
  c.embedding_norm = EncoderDecoderConfig::EmbeddingNorm::normed;
  return c;
}

EncoderDecoderConfig mbart_config(const JsonField& config) {
  EncoderDecoderConfig c = bart_model_config(config);
  c.norm_position = nn::NormPosition::pre;
  c.decoder_start = DecoderStart::last_token;
  return c;
}

}  // namespace regard::models
