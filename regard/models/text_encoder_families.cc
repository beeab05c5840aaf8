#include "regard/models/text_encoder_families.h"

#include <array>

#include "regard/models/albert.h"
#include "regard/models/bert.h"
#include "regard/models/big_bird.h"
#include "regard/models/deberta_v2.h"
#include "regard/models/distilbert.h"
#include "regard/models/electra.h"
#include "regard/models/longformer.h"
#include "regard/models/mpnet.h"
#include "regard/models/roberta.h"
#include "regard/models/text_encoder_model.h"

namespace regard::models {
namespace {

constexpr std::array families{
    TextEncoderFamily{{"bert", "BertModel", "bert."}, bert_config, bert_names},
    TextEncoderFamily{{"roberta", "RobertaModel", "roberta."}, roberta_config, roberta_names},
    TextEncoderFamily{{"xlm-roberta", "XLMRobertaModel", "roberta."}, xlm_roberta_config, roberta_names},
    TextEncoderFamily{{"camembert", "CamembertModel", "roberta."}, camembert_config, roberta_names},
    TextEncoderFamily{{"distilbert", "DistilBertModel", "distilbert."}, distilbert_config, distilbert_names},
    TextEncoderFamily{{"electra", "ElectraModel", "electra."}, electra_config, electra_names},
    TextEncoderFamily{{"albert", "AlbertModel", "albert."}, albert_config, albert_names},
    TextEncoderFamily{{"mpnet", "MPNetModel", "mpnet."}, mpnet_config, mpnet_names},
    TextEncoderFamily{{"longformer", "LongformerModel", "longformer."}, longformer_config, longformer_names},
    TextEncoderFamily{{"big_bird", "BigBirdModel", "bert."}, big_bird_config, big_bird_names},
    TextEncoderFamily{
        {"deberta-v2", "DebertaV2Model", "deberta."}, deberta_v2_config, nullptr, deberta_v2_names}};

}  // namespace

std::span<const TextEncoderFamily> text_encoder_families() { return families; }

std::unique_ptr<Model> TextEncoderFamily::make(const JsonField& config, nn::WeightSource& weights) const {
  const TextEncoderNames& named = names_by == nullptr ? names() : names_by(config);
  return std::make_unique<TextEncoderModel>(config.value(), read(config), named, weights);
}

}  // namespace regard::models
