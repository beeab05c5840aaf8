#include "tools/layers/layers.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace regard::layers {
namespace {

namespace fs = std::filesystem;

struct Layer {
  std::string_view folder;
  int number;
};

// CONTRIBUTING.md says what each layer is for. Two folders with one number do not know each other.
constexpr std::array<Layer, 17> layers{{{"base", 0},
                                        {"tensor", 1},
                                        {"text", 1},
                                        {"chart", 1},
                                        {"kernels", 2},
                                        {"media", 3},
                                        {"metrics", 3},
                                        {"autograd", 4},
                                        {"data", 4},
                                        {"nn", 5},
                                        {"models", 6},
                                        {"decode", 7},
                                        {"train", 8},
                                        {"explain", 8},
                                        {"tasks", 9},
                                        {"serve", 10},
                                        {"cli", 11}}};
constexpr Layer face{"regard.h", 11};  // regard/regard.h and its siblings, the library's face

struct Include {
  std::string target;
  int line;
};

// Words that may stand only in sources below one of `allowed`, of those below `folders`.
struct Place {
  std::string_view word, what;
  std::array<std::string_view, 2> allowed;
  std::array<std::string_view, 4> folders;
};
constexpr std::string_view position = "regard/nn/attention/position.", kernels = "regard/kernels/";
constexpr std::array<std::string_view, 4> above_kernels{"regard/nn/", "regard/models/", "regard/decode/",
                                                        "regard/tasks/"};
constexpr std::array<Place, 4> places{
    {{"kernels::attention_", "kernels of attention", {"regard/nn/attention/", kernels}, {"regard/"}},
     {"kernels::rotary(", "kernels of attention", {"regard/nn/attention/", kernels}, {"regard/"}},
     {"std::cos(", "angles of positions", {position, kernels}, above_kernels},
     {"std::sin(", "angles of positions", {position, kernels}, above_kernels}}};

struct Word {
  const Place* place;
  int line;
};

struct Source {
  int lines = 0;
  std::vector<Include> includes;
  std::vector<Word> words;
};

using Sources = std::map<std::string, Source>;  // by path from the root

// "regard/nn/attention/mask.h" -> nn; nothing if its folder has no number.
std::optional<Layer> layer_of(std::string_view path) {
  path.remove_prefix(std::string_view("regard/").size());
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return face;
  const auto found = std::find_if(layers.begin(), layers.end(),
                                  [&](const Layer& l) { return l.folder == path.substr(0, slash); });
  if (found == layers.end()) return std::nullopt;
  return *found;
}

bool in_library(std::string_view path) { return path.starts_with("regard/"); }

// What is between the quotes or brackets of an include directive.
std::optional<std::string> included(std::string_view line) {
  const auto skip_blanks = [&] {
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
  };
  const auto skip = [&](std::string_view word) {
    skip_blanks();
    if (!line.starts_with(word)) return false;
    line.remove_prefix(word.size());
    return true;
  };
  if (!skip("#") || !skip("include")) return std::nullopt;
  skip_blanks();
  if (line.empty() || (line.front() != '"' && line.front() != '<')) return std::nullopt;
  const std::size_t end = line.find(line.front() == '"' ? '"' : '>', 1);
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(line.substr(1, end - 1));
}

Source read(const fs::path& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error(file.string() + ": cannot be read");
  Source source;
  for (std::string line; std::getline(in, line);) {
    ++source.lines;
    if (auto target = included(line)) source.includes.push_back({*target, source.lines});
    for (const Place& place : places)
      if (line.find(place.word) != std::string::npos) source.words.push_back({&place, source.lines});
  }
  return source;
}

// An .inc is a table that one source includes.
bool is_source(std::string_view extension) {
  return extension == ".h" || extension == ".cc" || extension == ".inc";
}

Sources read_all(const fs::path& root) {
  if (!fs::is_directory(root / "regard")) throw std::runtime_error(root.string() + ": has no folder regard/");
  Sources sources;
  for (const char* top : {"regard", "tests", "bench", "examples", "tools"}) {
    if (!fs::is_directory(root / top)) continue;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / top)) {
      const fs::path& path = entry.path();
      if (entry.is_regular_file() && is_source(path.extension().string()))
        sources[path.lexically_relative(root).generic_string()] = read(path);
    }
  }
  return sources;
}

class Checker {
 public:
  explicit Checker(const Sources& sources) : sources_(sources) {}

  std::vector<std::string> faults() {
    for (const auto& [path, source] : sources_) {
      if (source.lines > longest_file)
        fault(path, source.lines,
              "the file has more than " + std::to_string(longest_file) + " lines: one idea per file");
      if (in_library(path)) check_includes(path, source);
      if (!path.ends_with("_test.cc")) check_words(path, source);
    }
    for (const auto& entry : sources_)
      if (in_library(entry.first)) look_for_ring(entry.first);
    return faults_;
  }

 private:
  enum class State { unseen, open, done };

  void fault(const std::string& path, int line, const std::string& what) {
    faults_.push_back(path + ":" + std::to_string(line) + ": " + what);
  }

  void check_includes(const std::string& path, const Source& source) {
    const std::optional<Layer> from = layer_of(path);
    if (!from) {
      fault(path, 1, "its folder is no layer: expected one of those in CONTRIBUTING.md");
      return;
    }
    check_own_header(path, source);
    for (const Include& include : source.includes) {
      if (!in_library(include.target)) {
        const fs::path sibling = fs::path(path).parent_path() / include.target;
        if (sources_.contains(sibling.lexically_normal().generic_string()))
          fault(path, include.line,
                "includes \"" + include.target + "\": expected the path from the root, \"regard/...\"");
        continue;
      }
      const std::optional<Layer> to = layer_of(include.target);
      if (!sources_.contains(include.target)) {
        fault(path, include.line, "includes " + include.target + ": there is no such file");
      } else if (to && to->folder != from->folder && to->number >= from->number) {
        const char* direction = to->number > from->number ? "upward" : "sideways";
        fault(path, include.line,
              "includes " + include.target + ": " + direction + ", from layer " + name(*from) + " to layer " +
                  name(*to) + "; expected a smaller number");
      }
    }
  }

  void check_words(const std::string& path, const Source& source) {
    const auto below = [&](std::string_view folder) { return !folder.empty() && path.starts_with(folder); };
    for (const Word& word : source.words) {
      const Place& place = *word.place;
      if (std::any_of(place.folders.begin(), place.folders.end(), below) &&
          std::none_of(place.allowed.begin(), place.allowed.end(), below))
        fault(path, word.line,
              "'" + std::string(place.word) + "': " + std::string(place.what) +
                  ", which have one place: " + std::string(place.allowed.front()));
    }
  }

  // x.cc includes x.h first, so that compiling it shows that x.h compiles alone.
  void check_own_header(const std::string& path, const Source& source) {
    if (!path.ends_with(".cc")) return;
    const std::string header = path.substr(0, path.size() - 2) + "h";
    if (!sources_.contains(header)) return;
    if (source.includes.empty() || source.includes.front().target != header)
      fault(path, source.includes.empty() ? 1 : source.includes.front().line,
            "expected its own header, " + header + ", to be included first");
  }

  // Depth first; a file met again while it is open closes a ring, which is told once, where it closes.
  void look_for_ring(const std::string& path) {
    State& state = states_[path];
    if (state != State::unseen) return;
    state = State::open;
    trail_.push_back(path);
    for (const Include& include : sources_.at(path).includes) {
      if (!sources_.contains(include.target)) continue;
      if (states_[include.target] == State::open) {
        std::string ring;
        for (auto at = std::find(trail_.begin(), trail_.end(), include.target); at != trail_.end(); ++at)
          ring += *at + " -> ";
        fault(path, include.line, "closes a ring of includes: " + ring + include.target);
      } else {
        look_for_ring(include.target);
      }
    }
    trail_.pop_back();
    states_[path] = State::done;
  }

  static std::string name(const Layer& layer) {
    return std::to_string(layer.number) + " (" + std::string(layer.folder) + ")";
  }

  const Sources& sources_;
  std::map<std::string, State> states_;
  std::vector<std::string> trail_;
  std::vector<std::string> faults_;
};

}  // namespace

Report check(const fs::path& root) {
  const Sources sources = read_all(root);
  return {static_cast<int>(sources.size()), Checker(sources).faults()};
}

}  // namespace regard::layers
