#include <cstdio>
#include <exception>

#include "tools/layers/layers.h"

// layers ROOT: prints every fault in the tree below ROOT; exits 1 if there is one.
int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: layers ROOT\n", stderr);
    return 2;
  }
  try {
    const regard::layers::Report report = regard::layers::check(argv[1]);
    for (const auto& fault : report.faults) std::puts(fault.c_str());
    std::printf("%d files, %zu faults\n", report.files, report.faults.size());
    return report.faults.empty() ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "layers: %s\n", error.what());
    return 2;
  }
}
