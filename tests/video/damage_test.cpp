// Videos that are cut short, or have bits and pieces changed: they give frames or an Error, and nothing else. The suite
// is a fraction of a minute; SEQUENT_DAMAGE_SECONDS=600 goes on for that long, and SEQUENT_DAMAGE_FILES=a.mp4:b.mkv
// takes other files than those made here.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdlib>
#include <sstream>

#include "sequent/base/files.h"
#include "sequent/base/random.h"
#include "sequent/base/stopwatch.h"
#include "sequent/video/video_file.h"
#include "tests/support/ffmpeg.h"

namespace sequent {
namespace {

const std::vector<std::pair<std::string, std::vector<std::string>>> kFiles = {
    {"a.mp4", {"-c:v", "libx264", "-bf", "2", "-g", "8", "-pix_fmt", "yuv420p"}},
    {"fast.mp4", {"-c:v", "mpeg4", "-bf", "2", "-movflags", "faststart"}},
    {"a.mkv", {"-c:v", "libx264", "-bf", "2", "-g", "8"}},
    {"a.webm", {"-c:v", "libvpx", "-auto-alt-ref", "1", "-lag-in-frames", "8"}},
    {"a.avi", {"-c:v", "mpeg4", "-bf", "2"}},
    {"a.ts", {"-c:v", "libx264", "-pix_fmt", "yuv420p"}},
    {"a.gif", {}},
    {"a.png", {"-update", "1"}},
    {"a.jpg", {"-update", "1"}},
};

/// Copy number `n` of a file, damaged in one of several ways.
std::string damaged(std::string bytes, std::uint64_t n) {
  const Random random(n, Random::stream_of("damage"));
  const auto place = [&](std::uint64_t counter) {
    return static_cast<std::size_t>(random.below(counter, bytes.size()));
  };
  switch (random.below(0, 6)) {
    case 0:
      return bytes.substr(0, place(1));  // cut short
    case 1:                              // a few bits
    case 2:                              // of the beginning, where the structure is
      for (std::uint64_t i = 0; i < 1 + random.below(1, 8); ++i) {
        const std::size_t limit = random.below(0, 6) == 2 ? std::min<std::size_t>(bytes.size(), 800) : bytes.size();
        bytes[static_cast<std::size_t>(random.below(2 + 2 * i, limit))] ^=
            static_cast<char>(1 << random.below(3 + 2 * i, 8));
      }
      return bytes;
    case 3:  // numbers become extreme
      for (std::uint64_t i = 0; i < 4; ++i) {
        const std::size_t at = place(4 * i + 2);
        for (std::size_t k = at; k < std::min(at + 4, bytes.size()); ++k)
          bytes[k] = random.below(4 * i + 3, 2) ? '\xff' : '\0';
      }
      return bytes;
    case 4: {  // a piece is missing
      const std::size_t at = place(2);
      return bytes.erase(at, 1 + static_cast<std::size_t>(random.below(3, 2000)));
    }
    default: {  // a piece stands there twice
      const std::size_t at = place(2);
      return bytes.insert(at, bytes.substr(place(3), 1 + static_cast<std::size_t>(random.below(4, 2000))));
    }
  }
}

TEST(DamagedVideosSlow, GiveFramesOrAnErrorAndNothingElse) {
  const test::TemporaryDirectory directory;
  std::vector<std::string> originals;
  if (const char* files = std::getenv("SEQUENT_DAMAGE_FILES")) {
    std::istringstream list(files);
    for (std::string file; std::getline(list, file, ':');) originals.push_back(read_text(file));
  } else {
    for (const auto& [name, encoding] : kFiles) {
      test::make_video(directory / name, 20, "48x32", encoding);
      originals.push_back(read_text(directory / name));
    }
  }
  const char* seconds = std::getenv("SEQUENT_DAMAGE_SECONDS");
  const double limit = seconds ? std::atof(seconds) : 0;
  const Stopwatch watch;
  std::int64_t whole = 0, partly = 0, refused = 0;
  double longest = 0;
  for (std::uint64_t n = 0; n < 500 || watch.seconds() < limit; ++n) {
    const std::string path = directory / "damaged";
    std::ofstream(path, std::ios::binary) << damaged(originals[n % originals.size()], n);
    const Stopwatch one;
    try {
      VideoFile video(path);
      ASSERT_GE(video.frame_count(), 1);
      std::int64_t read = 0;
      const std::int64_t last = video.frame_count() - 1;
      for (const std::int64_t index : {last, std::int64_t{0}, last / 2, last / 3, last}) {
        try {
          video.read(std::vector{index}, [&](std::int64_t, const Tensor& frame) {
            ASSERT_EQ(frame.shape(), (Shape{video.height(), video.width(), 3}));
            ++read;
          });
        } catch (const Error&) {
        }
      }
      ++(read == 5 ? whole : partly);
    } catch (const Error&) {
      ++refused;
    }
    longest = std::max(longest, one.seconds());
  }
  std::printf("%ld gave all frames asked for, %ld some, %ld none; the longest took %.2f s\n", static_cast<long>(whole),
              static_cast<long>(partly), static_cast<long>(refused), longest);
  EXPECT_GT(whole, 0);
  EXPECT_GT(refused, 0);
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  EXPECT_LT(usage.ru_maxrss, 2 << 20) << "KiB";
}

}  // namespace
}  // namespace sequent
