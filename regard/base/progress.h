#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

// A progress line with rate and time left. The library never prints: what to write is passed to a sink.

namespace regard {

struct ProgressStyle {
  bool animate = false;         // rewrite one line in place; otherwise a new line now and then
  bool color = false;           // dim what is secondary
  int width = 80;               // columns of the terminal; an animated line is cut to it
  double seconds_between = 10;  // lines that are not animated
};

// For the file descriptor of a stream: animated on a terminal that is not "dumb", colored there unless
// NO_COLOR is set to anything but the empty string (no-color.org).
ProgressStyle style_for(int descriptor);

struct ProgressOptions {
  std::string label;           // "training"
  std::string unit = "items";  // "updates"
  std::int64_t total = 0;      // 0: not known; then there is no time left either
  std::int64_t start = 0;      // already done before, not counted in the rate
  ProgressStyle style = {};
  std::function<void(std::string_view)> sink = {};  // writes text as it is; empty: nothing is shown
  std::function<double()> clock = {};               // seconds; empty: the steady clock
};

// Not thread-safe: one thread reports. Cheap to call often: at most ten lines a second are made when
// animated.
class Progress {
 public:
  explicit Progress(ProgressOptions options);
  ~Progress() { finish(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `done` units of the total are done; `note` is shown beside it ("loss 2.31").
  void update(std::int64_t done, std::string_view note = {});
  // Clears an animated line, so that something else can be printed; the next update draws it again.
  void pause();
  // Writes the last state as a line that stays. Later calls do nothing.
  void finish();

 private:
  std::string line() const;
  void draw(double now);

  ProgressOptions options_;
  std::string note_;
  std::int64_t done_ = 0;
  double began_ = 0;
  double drawn_ = -1e9;
  double now_ = 0;
  bool visible_ = false;
  bool started_ = false;
  bool finished_ = false;
};

// "1:05", "2:03:04", "3 d 04:00": for people.
std::string duration_text(double seconds);
// "999", "12.3k", "4.56M".
std::string count_text(double count);

}  // namespace regard
