#include "sequent/video/video_list.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/files.h"

namespace sequent {
namespace {

using Names = std::vector<std::string>;

class VideoLists : public testing::Test {
 protected:
  void file(const std::string& name) const {
    std::filesystem::create_directories((directory.path() / name).parent_path());
    directory.write(name, "");
  }
  /// "name label" of every entry.
  Names listed(const std::string& path) const {
    Names names;
    const VideoList list = VideoList::open(path);
    for (const auto& entry : list.entries) {
      names.push_back(std::filesystem::relative(entry.path, directory.path()).string() + " " +
                      (entry.label < 0 ? "-" : list.labels[static_cast<std::size_t>(entry.label)]));
    }
    return names;
  }
  const test::TemporaryDirectory directory;
};

TEST_F(VideoLists, TakeTheLabelsOfSubdirectories) {
  for (const char* name : {"run/2.mp4", "run/10.MKV", "run/more/1.avi", "run/notes.txt", "jump/a b.webm", "loose.gif",
                           ".hidden/x.mp4", "jump/frames/1.png", "jump/frames/2.png"}) {
    file(name);
  }
  EXPECT_EQ(listed(directory.path().string()), (Names{"jump/a b.webm jump", "jump/frames jump", "loose.gif -",
                                                      "run/2.mp4 run", "run/10.MKV run", "run/more/1.avi run"}));
  EXPECT_EQ(VideoList::open(directory.path().string()).labels, (Names{"jump", "run"}));
  EXPECT_EQ(listed(directory / "run"), (Names{"run/2.mp4 -", "run/10.MKV -", "run/more/1.avi more"}));
  EXPECT_EQ(listed(directory / "loose.gif"), Names{"loose.gif -"});
  EXPECT_EQ(listed(directory / "jump/frames"), Names{"jump/frames -"});
}

TEST_F(VideoLists, ReadFilesOfPathsAndLabels) {
  directory.write("numbers.csv", "a.mp4 2\r\n\nwith space.mp4 0\nsub/c.avi\t2\n");
  EXPECT_EQ(listed(directory / "numbers.csv"), (Names{"a.mp4 2", "with space.mp4 0", "sub/c.avi 2"}));
  EXPECT_EQ(VideoList::open(directory / "numbers.csv").labels, (Names{"0", "1", "2"}));
  directory.write("names.csv", "/x/a.mp4,run\nb.mp4, jump\nc d.mp4\n");
  const VideoList list = VideoList::open(directory / "names.csv");
  EXPECT_EQ(list.labels, (Names{"jump", "run"}));
  EXPECT_EQ(list.entries[0].path, "/x/a.mp4");
  EXPECT_EQ(list.entries[1].label, 0);
  EXPECT_EQ(list.entries[2].label, -1);
  EXPECT_EQ(list.entries[2].path, directory / "c d.mp4");
}

TEST_F(VideoLists, RefuseNothingAndWrongLabels) {
  EXPECT_EQ(test::error_of([&] { VideoList::open(directory / "no"); }),
            "data: there is nothing at " + directory / "no");
  EXPECT_EQ(test::error_of([&] { VideoList::open(directory.path().string()); }),
            "data: there are no videos in " + directory.path().string());
  directory.write("empty.csv", "\n \n");
  EXPECT_EQ(test::error_of([&] { VideoList::open(directory / "empty.csv"); }),
            "data: there are no videos in " + directory / "empty.csv");
  directory.write("large.csv", "a.mp4 99999999\n");
  EXPECT_EQ(test::error_of([&] { VideoList::open(directory / "large.csv"); }),
            directory / "large.csv" + ": labels must be below 1048576, got 99999999");
  file("loose.gif");
  EXPECT_EQ(test::error_of([&] { VideoList::open(directory / "loose.gif").check_labelled(); }),
            "data: " + directory / "loose.gif" +
                " has no label; put videos into a folder named after it, or list them as 'path label'");
}

}  // namespace
}  // namespace sequent
