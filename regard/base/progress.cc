#include "regard/base/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace regard {
namespace {

constexpr double kFrameSeconds = 0.1;

bool set_and_not_empty(const char* name) {
  const char* value = std::getenv(name);  // NOLINT: nothing here writes the environment
  return value != nullptr && *value != '\0';
}

// The longest beginning with at most `columns` characters, counting each code point as one column.
std::string_view cut_to(std::string_view text, int columns) {
  int seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U) continue;
    if (seen++ == columns) return text.substr(0, i);
  }
  return text;
}

}  // namespace

ProgressStyle style_for(int descriptor) {
  ProgressStyle style;
  const char* terminal = std::getenv("TERM");  // NOLINT
  style.animate = ::isatty(descriptor) == 1 && !(terminal != nullptr && std::string_view(terminal) == "dumb");
  style.color = style.animate && !set_and_not_empty("NO_COLOR");
  struct winsize size {};
  if (style.animate && ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    style.width = size.ws_col;
  return style;
}

std::string duration_text(double seconds) {
  if (!(seconds >= 0) || seconds > 1e9) return "?";
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  const std::int64_t minutes = whole / 60 % 60;
  const std::int64_t hours = whole / 3600;
  if (hours == 0) return fmt::format("{}:{:02}", minutes, whole % 60);
  if (hours < 24) return fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60);
  return fmt::format("{} d {:02}:{:02}", hours / 24, hours % 24, minutes);
}

std::string count_text(double count) {
  const double size = std::abs(count);
  if (size < 9.95) return fmt::format("{:.1f}", count);
  if (size < 999.5) return fmt::format("{:.0f}", count);
  if (size < 999500) return fmt::format("{:.3g}k", count / 1e3);
  return fmt::format("{:.3g}M", count / 1e6);
}

Progress::Progress(ProgressOptions options) : options_(std::move(options)) {
  if (!options_.clock) {
    options_.clock = [] {
      return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
    };
  }
  done_ = options_.start;
  began_ = options_.clock();
  now_ = began_;
  // Work that is over before the first line is due stays silent but for its last line.
  drawn_ = began_;
}

void Progress::update(std::int64_t done, std::string_view note) {
  if (!options_.sink || finished_) return;
  done_ = done;
  note_ = note;
  started_ = true;
  const double now = options_.clock();
  if (now - drawn_ >= (options_.style.animate ? kFrameSeconds : options_.style.seconds_between)) draw(now);
}

std::string Progress::line() const {
  const double elapsed = now_ - began_;
  const auto did = static_cast<double>(done_ - options_.start);
  std::string text;
  if (!options_.label.empty()) text = fmt::format("{}  ", options_.label);
  if (options_.total > 0) {
    const auto percent = 100.0 * static_cast<double>(done_) / static_cast<double>(options_.total);
    text += fmt::format("{}/{} {}  {:.0f}%", done_, options_.total, options_.unit, std::floor(percent));
  } else {
    text += fmt::format("{} {}", done_, options_.unit);
  }
  if (elapsed > 0 && did > 0) text += fmt::format("  {}/s", count_text(did / elapsed));
  text += fmt::format("  {}", duration_text(elapsed));
  if (!finished_ && options_.total > done_ && did > 0) {
    text +=
        fmt::format("  {} left", duration_text(elapsed / did * static_cast<double>(options_.total - done_)));
  }
  if (!note_.empty()) text += fmt::format("  {}", note_);
  return text;
}

void Progress::draw(double now) {
  drawn_ = now;
  now_ = now;
  const std::string text = line();
  if (!options_.style.animate) {
    options_.sink(text + "\n");
    return;
  }
  visible_ = true;
  const std::string shown(cut_to(text, std::max(1, options_.style.width - 1)));
  options_.sink(options_.style.color ? fmt::format("\r\x1b[2m{}\x1b[0m\x1b[K", shown)
                                     : fmt::format("\r{}\x1b[K", shown));
}

void Progress::pause() {
  if (visible_) options_.sink("\r\x1b[K");
  visible_ = false;
  drawn_ = std::min(drawn_, now_ - kFrameSeconds);
}

void Progress::finish() {
  if (finished_ || !started_ || !options_.sink) return;
  finished_ = true;
  now_ = options_.clock();
  options_.sink(options_.style.animate ? fmt::format("\r{}\x1b[K\n", line()) : fmt::format("{}\n", line()));
}

}  // namespace regard
