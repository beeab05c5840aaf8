#include "regard/tasks/encoding_loop.h"

#include <algorithm>

#include "regard/base/error.h"

namespace regard::tasks {

void encode_each(const train::Surroundings& around, std::size_t count,
                 const std::function<void(std::size_t text)>& encode) {
  constexpr std::size_t chunk = 64;  // texts a thread takes
  if (around.stop && around.stop()) throw Interrupted("interrupted while tokenizing");
  const std::size_t chunks = (count + chunk - 1) / chunk;
  around.step.threads->run(static_cast<std::int64_t>(chunks), [&](std::int64_t c) {
    const std::size_t first = static_cast<std::size_t>(c) * chunk;
    for (std::size_t i = first; i < std::min(count, first + chunk); ++i) encode(i);
  });
}

}  // namespace regard::tasks
