#include "regard/tools.h"

namespace regard {

std::vector<std::vector<float>> Model::embed(const std::vector<std::string>& texts,
                                             const EmbedOptions& options) const {
  return guarded([&] {
    tasks::EmbedOptions how;
    how.cancelled = stop_of(options.stop);
    return impl_->embedder().embed(texts, impl_->step(), how);
  });
}

std::vector<float> Model::embed(std::string_view text, const EmbedOptions& options) const {
  return embed(std::vector<std::string>{std::string(text)}, options).front();
}

std::vector<FilledText> Model::fill_mask(const std::vector<std::string>& texts,
                                         const FillMaskOptions& options) const {
  return guarded([&] {
    if (options.top < 1) throw UsageError("top: expected at least 1");
    tasks::FillMaskOptions how;
    how.top = options.top;
    how.cancelled = stop_of(options.stop);
    std::vector<FilledText> filled;
    for (tasks::FilledLine& line : impl_->mask_filler().fill(texts, impl_->step(), how)) {
      FilledText& to = filled.emplace_back();
      to.text = std::move(line.text);
      for (tasks::MaskCandidate& c : line.candidates)
        to.candidates.push_back({std::move(c.token), c.score, std::move(c.text), c.mask});
    }
    return filled;
  });
}

FilledText Model::fill_mask(std::string_view text, const FillMaskOptions& options) const {
  return fill_mask(std::vector<std::string>{std::string(text)}, options).front();
}

}  // namespace regard
