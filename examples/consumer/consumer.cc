#include <regard/nn/attention/attend.h>
#include <regard/regard.h>

#include <cstdio>

// With a model and a text it translates; without, it attends: three vectors, each to all, by their dot
// products.
//   consumer [MODEL TEXT]
int main(int argc, char** argv) {
  try {
    if (argc == 3) {
      const regard::Model model = regard::load(argv[1]);
      std::puts(model.translate(argv[2]).text.c_str());
      return 0;
    }
    const regard::ThreadPool threads(regard::default_threads());
    regard::Step step({.threads = &threads, .compute = regard::DType::f64});
    const regard::Var x =
        step.constant(regard::Tensor::from<double>({3, 1, 2}, {1, 2, 2, 3, 3, 4}));  // [N,H,D]
    const regard::Layout three = regard::Layout::of({3});
    const regard::Var y =
        attend(x, x, x, {.score = regard::dot(), .plan = plan(regard::everything(), three, three)});
    for (const double value : y.value().to_doubles()) std::printf("%.4f ", value);
    std::puts("");
    return 0;
  } catch (const regard::Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
