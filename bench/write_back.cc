// Loads checkpoints and writes each as it came: what tests/golden/round_trip.py compares with the first.
//
//   write_back MODEL OUT [MODEL OUT]... [--max-shard-bytes N]
//
// Exit code 1 when one cannot be loaded or written; it says which.

#include <cstdio>
#include <string>
#include <vector>

#include "regard/base/error.h"
#include "regard/models/registry.h"

int main(int argc, char** argv) {
  std::vector<std::string> folders(argv + 1, argv + argc);
  regard::models::SaveOptions options;
  if (folders.size() > 2 && folders[folders.size() - 2] == "--max-shard-bytes") {
    options.max_shard_bytes = std::stoull(folders.back());
    folders.resize(folders.size() - 2);
  }
  if (folders.empty() || folders.size() % 2 != 0) {
    std::fputs("usage: write_back MODEL OUT [MODEL OUT]... [--max-shard-bytes N]\n", stderr);
    return 2;
  }
  int failed = 0;
  for (std::size_t i = 0; i < folders.size(); i += 2) try {
      const auto model = regard::models::load(folders[i]);
      regard::models::save(*model, folders[i + 1], options);
    } catch (const regard::Error& e) {
      std::fprintf(stderr, "%s\n", e.what());
      failed = 1;
    }
  return failed;
}
