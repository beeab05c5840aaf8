#include <regard/base/parallel.h>
#include <regard/base/random.h>

#include <cstdint>
#include <cstdio>
#include <vector>

// A million dice on all cores. The numbers depend on the seed and the place alone, so the mean is the same at
// any number of threads.
int main() {
  constexpr std::int64_t chunks = 64, per_chunk = 15625;
  const regard::RandomKey key{2017};
  std::vector<std::uint64_t> sums(chunks);
  const regard::ThreadPool pool(regard::default_threads());
  pool.run(chunks, [&](std::int64_t chunk) {
    regard::RandomStream dice(key.fold(static_cast<std::uint64_t>(chunk)));
    for (std::int64_t i = 0; i < per_chunk; ++i) sums[static_cast<std::size_t>(chunk)] += 1 + dice.below(6);
  });
  std::uint64_t total = 0;
  for (const std::uint64_t sum : sums) total += sum;
  std::printf("mean of a million dice: %.4f\n", static_cast<double>(total) / (chunks * per_chunk));
}
