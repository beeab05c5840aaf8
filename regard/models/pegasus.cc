#include "regard/models/pegasus.h"

#include "regard/models/bart_config.h"

namespace regard::models {

EncoderDecoderConfig pegasus_config(const JsonField& config) {
  EncoderDecoderConfig c = bart_config(config);
  c.norm_position = nn::NormPosition::pre;
  return c;
}

}  // namespace regard::models
