#include "sequent/base/progress.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace sequent {
namespace {

// Time that passes only when told to.
struct Clock {
  double now = 100;
  std::function<double()> function() {
    return [this] { return now; };
  }
};

class ProgressToFile : public testing::Test {
 protected:
  ProgressToFile() : file(std::tmpfile()) {}
  ~ProgressToFile() override { std::fclose(file); }
  std::string written() {
    std::string text(static_cast<std::size_t>(std::ftell(file)), '\0');
    std::rewind(file);
    EXPECT_EQ(std::fread(text.data(), 1, text.size(), file), text.size());
    return text;
  }
  std::FILE* file;
  Clock clock;
};

TEST_F(ProgressToFile, PrintsAPlainLineNowAndThen) {
  {
    Progress progress(file, "train", 200, {.clock = clock.function()});
    for (int step = 1; step <= 100; ++step) {
      clock.now += 0.25;
      progress.update(step, "loss 1.93");
    }
  }
  EXPECT_EQ(written(),
            "train 40/200 (20%)  loss 1.93  10s, 40s left\n"
            "train 80/200 (40%)  loss 1.93  20s, 30s left\n"
            "train 100/200 (50%)  loss 1.93  25s, 25s left\n");
}

TEST_F(ProgressToFile, EndsWithTheLastStateOnce) {
  Progress progress(file, "read", 10, {.clock = clock.function()});
  clock.now += 10;
  progress.update(10);
  progress.finish();
  progress.finish();
  progress.update(3);
  EXPECT_EQ(written(), "read 10/10 (100%)  10s\n");
}

TEST_F(ProgressToFile, LinesAreLines) {
  Progress progress(file, "train", 10, {.clock = clock.function()});
  progress.line("saved step 5");
  progress.update(5);
  progress.line("saved step 6");
  EXPECT_EQ(written(), "saved step 5\nsaved step 6\n");
}

TEST_F(ProgressToFile, SaysNothingWhenNothingHappened) {
  { Progress progress(file, "train", 10); }
  EXPECT_EQ(written(), "");
}

TEST_F(ProgressToFile, AnUnknownTotalHasNoPercentage) {
  Progress progress(file, "tokens", 0, {.clock = clock.function()});
  clock.now += 61;
  progress.update(12345, "2.1 MiB/s");
  EXPECT_EQ(written(), "tokens 12345  2.1 MiB/s  1m 01s\n");
}

TEST_F(ProgressToFile, AResumedRunMeasuresOnlyItsOwnSpeed) {
  Progress progress(file, "train", 2000, {.done_before = 1000, .clock = clock.function()});
  clock.now += 10;
  progress.update(1100);
  EXPECT_EQ(written(), "train 1100/2000 (55%)  10s, 1m 30s left\n");
}

TEST_F(ProgressToFile, MayBeUpdatedFromSeveralThreads) {
  {
    Progress progress(file, "work", 400, {.line_seconds = 0});
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 100; ++i) progress.update(i, "busy");
      });
    }
    for (auto& thread : threads) thread.join();
  }
  std::istringstream lines(written());
  for (std::string line; std::getline(lines, line);) EXPECT_TRUE(line.starts_with("work ")) << line;
}

// A pseudo-terminal of a given width, and what arrives at it.
class ProgressOnTerminal : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"NO_COLOR", "TERM", "LC_ALL"}) {
      const char* value = std::getenv(name);
      before.emplace_back(name, value ? std::optional<std::string>(value) : std::nullopt);
    }
    setenv("TERM", "xterm", 1);
    setenv("NO_COLOR", "1", 1);
    setenv("LC_ALL", "C", 1);
    screen = posix_openpt(O_RDWR | O_NOCTTY);
    ASSERT_TRUE(screen >= 0 && grantpt(screen) == 0 && unlockpt(screen) == 0);
    const int line = open(ptsname(screen), O_RDWR | O_NOCTTY);
    ASSERT_GE(line, 0);
    termios mode = {};
    tcgetattr(line, &mode);
    cfmakeraw(&mode);
    tcsetattr(line, TCSANOW, &mode);
    fcntl(screen, F_SETFL, O_NONBLOCK);
    file = fdopen(line, "w");
    set_width(80);
  }
  void TearDown() override {
    std::fclose(file);
    close(screen);
    for (const auto& [name, value] : before) value ? setenv(name, value->c_str(), 1) : unsetenv(name);
  }
  void set_width(unsigned short columns) {
    const winsize size = {.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    ASSERT_EQ(ioctl(screen, TIOCSWINSZ, &size), 0);
  }
  std::string arrived() {
    std::string text;
    char buffer[4096];
    for (ssize_t count; (count = read(screen, buffer, sizeof buffer)) > 0;) text.append(buffer, count);
    return text;
  }
  std::vector<std::pair<const char*, std::optional<std::string>>> before;
  int screen = -1;
  std::FILE* file = nullptr;
  Clock clock;
};

TEST_F(ProgressOnTerminal, DrawsInPlaceAndEndsTheLine) {
  Progress progress(file, "train", 8, {.clock = clock.function()});
  clock.now += 2;
  progress.update(2, "loss 1.9");
  EXPECT_EQ(arrived(), "\r\x1b[Ktrain =======-----------------------  25%  2/8  loss 1.9  2s, 6s left");
  clock.now += 6;
  progress.update(8, "loss 1.8");
  EXPECT_EQ(arrived(), "\r\x1b[Ktrain ============================== 100%  8/8  loss 1.8  8s");
  progress.finish();
  EXPECT_EQ(arrived(), "\n");
}

TEST_F(ProgressOnTerminal, DrawsAtMostTenTimesASecondButAlwaysTheLastState) {
  Progress progress(file, "train", 1000, {.clock = clock.function()});
  std::string drawn;
  for (int step = 1; step <= 999; ++step) {
    progress.update(step);
    clock.now += 0.001;
    drawn += arrived();
  }
  const auto draws = std::count(drawn.begin(), drawn.end(), '\r');
  EXPECT_GE(draws, 9);
  EXPECT_LE(draws, 11);
  progress.finish();
  EXPECT_NE(arrived().find("999/1000"), std::string::npos);
}

TEST_F(ProgressOnTerminal, LinesGoAboveTheBar) {
  Progress progress(file, "train", 8, {.clock = clock.function()});
  progress.line("before the bar");
  EXPECT_EQ(arrived(), "before the bar\n");
  progress.update(2);
  const std::string bar = arrived();
  progress.line("saved");
  EXPECT_EQ(arrived(), "\r\x1b[Ksaved\n" + bar.substr(4));
}

TEST_F(ProgressOnTerminal, NeverFillsTheLine) {
  Progress progress(file, "train", 1000000, {.draw_seconds = 0, .clock = clock.function()});
  for (const unsigned short width : {1, 2, 10, 30, 50, 60, 70, 79, 80, 200}) {
    set_width(width);
    clock.now += 5;
    progress.update(123456, "loss 1.932  3.36K tokens/s\n");
    const std::string drawn = arrived();
    EXPECT_LT(drawn.size() - 4, width) << drawn;  // without \r and "clear to the end of the line"
    EXPECT_EQ(drawn.find('\n'), std::string::npos);
  }
}

TEST_F(ProgressOnTerminal, HasColoursUnlessToldNot) {
  unsetenv("NO_COLOR");
  Progress coloured(file, "train", 8, {.clock = clock.function()});
  coloured.update(4);
  EXPECT_NE(arrived().find("\x1b[32m"), std::string::npos);
}

TEST_F(ProgressOnTerminal, UsesLinesOfTheCharacterSet) {
  setenv("LC_ALL", "C.UTF-8", 1);
  Progress progress(file, "train", 2, {.clock = clock.function()});
  progress.update(1);
  EXPECT_NE(arrived().find("━─"), std::string::npos);
}

TEST_F(ProgressOnTerminal, ADumbTerminalGetsPlainLines) {
  setenv("TERM", "dumb", 1);
  Progress progress(file, "train", 8, {.clock = clock.function()});
  clock.now += 10;
  progress.update(4);
  EXPECT_EQ(arrived(), "train 4/8 (50%)  10s, 10s left\n");
}

}  // namespace
}  // namespace sequent
