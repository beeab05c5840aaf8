#include "regard/tools.h"

namespace regard {
namespace {

Json keys_of(const TranslateOptions& options) {
  Json keys = generation_keys(options.generation);
  if (options.beams != 0) keys["num_beams"] = options.beams;
  if (options.max_length != 0) {
    keys["max_length"] = options.max_length;
    keys["max_new_tokens"] = nullptr;
  }
  if (options.min_length != 0) keys["min_length"] = options.min_length;
  if (options.sample) {
    keys["do_sample"] = true;
    if (!keys.contains("num_beams")) keys["num_beams"] = 1;
  }
  if (options.seed != 0) keys["seed"] = options.seed;
  return keys;
}

std::vector<TranslationLink> links_of(const std::vector<AlignmentLink>& from) {
  std::vector<TranslationLink> to;
  for (const AlignmentLink& link : from) to.push_back({link.source, link.target});
  return to;
}

Translation face_of(tasks::Translation&& from) {
  Translation to;
  to.text = std::move(from.text);
  to.score = from.score;
  to.tokens = std::move(from.tokens);
  for (tasks::Alternative& a : from.alternatives)
    to.alternatives.push_back({std::move(a.text), a.score, a.quality, links_of(a.word_alignment)});
  to.quality = from.quality;
  to.alignment = links_of(from.alignment);
  to.word_alignment = links_of(from.word_alignment);
  to.pieces = from.pieces;
  to.unknown_replaced = from.unknown_replaced;
  to.kept = from.kept;
  to.placed = from.placed;
  return to;
}

tasks::TranslateOptions task_options(const TranslateOptions& options) {
  tasks::TranslateOptions how;
  how.nbest = static_cast<std::int64_t>(options.nbest);
  how.prefix = options.prefix;
  how.prefixes = options.prefixes;
  how.alignment = options.alignment;
  how.replace_unknown = options.replace_unknown;
  how.split_sentences = options.split_sentences;
  how.cut_sources = options.cut_sources;
  if (options.alignment_layer >= 0) how.alignment_choice.layer = options.alignment_layer;
  how.alignment_choice.heads = options.alignment_heads;
  how.cancelled = stop_of(options.stop);
  return how;
}

}  // namespace

std::vector<Translation> Model::translate(const std::vector<std::string>& texts,
                                          const TranslateOptions& options) const {
  return guarded([&] {
    const tasks::Translator& translator = impl_->translator();
    tasks::TranslateOptions how = task_options(options);
    how.config = translator.generation(tasks::with_nbest(translator, keys_of(options), how.nbest));
    const PlaceholderRules keep(options.keep_placeholders, options.keep);
    if (!keep.empty()) how.keep = &keep;
    std::vector<Translation> translations;
    for (tasks::Translation& t : translator.translate(texts, impl_->step(), how))
      translations.push_back(face_of(std::move(t)));
    return translations;
  });
}

Translation Model::translate(std::string_view text, const TranslateOptions& options) const {
  return translate(std::vector<std::string>{std::string(text)}, options).front();
}

std::vector<Translation> Model::summarize(const std::vector<std::string>& texts,
                                          const TranslateOptions& options) const {
  TranslateOptions how = options;
  how.cut_sources = true;
  return translate(texts, how);
}
Translation Model::summarize(std::string_view text, const TranslateOptions& options) const {
  return summarize(std::vector<std::string>{std::string(text)}, options).front();
}

}  // namespace regard
