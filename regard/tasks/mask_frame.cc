#include "regard/tasks/mask_frame.h"

#include <fmt/format.h>

#include "regard/base/error.h"

namespace regard::tasks {

MaskFrame mask_frame(const Tokenizer& tokenizer) {
  const SpecialIds ids = tokenizer.special_ids();
  const auto required = [](const std::optional<std::int32_t>& id, const std::optional<std::int32_t>& or_this,
                           const char* what) {
    if (!id && !or_this)
      throw InputError(fmt::format("the tokenizer has no {} token, which fill-mask needs", what));
    return id ? *id : *or_this;
  };
  return {required(ids.classification, ids.begin, "classification"),
          required(ids.separator, ids.end, "separator"), required(ids.mask, {}, "mask")};
}

}  // namespace regard::tasks
