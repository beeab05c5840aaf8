#include "regard/base/progress.h"

#include <gtest/gtest.h>

#include "regard/base/log.h"

namespace regard {
namespace {

struct Shown {
  std::string text;
  double time = 0;

  ProgressOptions options(std::int64_t total) {
    ProgressOptions made;
    made.label = "training";
    made.unit = "updates";
    made.total = total;
    made.sink = [this](std::string_view part) { text += part; };
    made.clock = [this] { return time; };
    return made;
  }
};

TEST(Progress, PlainLinesComeNowAndThenWithRateAndTimeLeft) {
  Shown shown;
  Progress progress(shown.options(100));
  shown.time = 5;
  progress.update(10);
  EXPECT_EQ(shown.text, "");
  shown.time = 10;
  progress.update(20, "loss 2.5");
  EXPECT_EQ(shown.text, "training  20/100 updates  20%  2.0/s  0:10  0:40 left  loss 2.5\n");
  shown.text.clear();
  shown.time = 19;
  progress.update(38);
  EXPECT_EQ(shown.text, "");
  shown.time = 50;
  progress.update(100);
  shown.text.clear();
  progress.finish();
  progress.finish();
  EXPECT_EQ(shown.text, "training  100/100 updates  100%  2.0/s  0:50\n");
}

TEST(Progress, WhatWasDoneBeforeIsNotInTheRate) {
  Shown shown;
  ProgressOptions options = shown.options(100);
  options.start = 50;
  Progress progress(options);
  shown.time = 10;
  progress.update(60);
  EXPECT_EQ(shown.text, "training  60/100 updates  60%  1.0/s  0:10  0:40 left\n");
}

TEST(Progress, AnimatedLinesAreRewrittenAndCut) {
  Shown shown;
  ProgressOptions options = shown.options(0);
  options.style.animate = true;
  options.style.width = 12;
  Progress progress(options);
  shown.time = 0.05;
  progress.update(1);
  EXPECT_EQ(shown.text, "");
  shown.time = 0.2;
  progress.update(2);
  EXPECT_EQ(shown.text, "\rtraining  2\x1b[K");
  shown.text.clear();
  progress.pause();
  EXPECT_EQ(shown.text, "\r\x1b[K");
  progress.pause();
  EXPECT_EQ(shown.text, "\r\x1b[K");
  progress.update(3);
  EXPECT_EQ(shown.text, "\r\x1b[K\rtraining  3\x1b[K");
}

TEST(Progress, SilentWithoutASinkOrWork) {
  Shown shown;
  { Progress progress(shown.options(10)); }
  EXPECT_EQ(shown.text, "");
  ProgressOptions options = shown.options(10);
  options.sink = nullptr;
  Progress progress(options);
  progress.update(5);
  progress.finish();
}

TEST(Progress, AFileIsNoTerminal) {
  FILE* file = std::tmpfile();
  EXPECT_FALSE(style_for(fileno(file)).animate);
  EXPECT_FALSE(style_for(fileno(file)).color);
  std::fclose(file);
}

TEST(Progress, NumbersForPeople) {
  EXPECT_EQ(duration_text(65.4), "1:05");
  EXPECT_EQ(duration_text(59.6), "1:00");
  EXPECT_EQ(duration_text(7384), "2:03:04");
  EXPECT_EQ(duration_text(273600), "3 d 04:00");
  EXPECT_EQ(duration_text(-1), "?");
  EXPECT_EQ(count_text(2), "2.0");
  EXPECT_EQ(count_text(123), "123");
  EXPECT_EQ(count_text(12345), "12.3k");
  EXPECT_EQ(count_text(4560000), "4.56M");
}

TEST(Log, LevelsAndAnEmptySink) {
  std::string seen;
  Log log{[&](LogLevel level, std::string_view text) {
            seen += std::to_string(static_cast<int>(level)) + std::string(text);
          },
          LogLevel::info};
  log.debug("a");
  log.info("b");
  log.error("c");
  EXPECT_EQ(seen, "1b3c");
  Log().error("nowhere");
}

}  // namespace
}  // namespace regard
