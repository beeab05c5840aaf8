#include "regard/models/marian.h"

#include "regard/models/bart_config.h"

namespace regard::models {

EncoderDecoderConfig marian_config(const JsonField& config) {
  using Embeddings = EncoderDecoderConfig::Embeddings;
  EncoderDecoderConfig c = bart_config(config);
  c.embeddings =
      config.boolean_or("share_encoder_decoder_embeddings", true) ? Embeddings::shared : Embeddings::separate;
  c.decoder_vocabulary = config.positive_or("decoder_vocab_size", c.vocabulary);
  if (c.embeddings == Embeddings::shared && c.decoder_vocabulary != c.vocabulary)
    config.at("decoder_vocab_size")
        .refuse("the same as vocab_size, because share_encoder_decoder_embeddings is true");
  return c;
}

}  // namespace regard::models
