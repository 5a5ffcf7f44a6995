// The videos of a data set and their labels.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sequent {

struct VideoList {
  struct Entry {
    std::string path;
    std::int64_t label;  // place in `labels`; -1: none
  };
  std::vector<Entry> entries;
  std::vector<std::string> labels;

  /// `path` is one of:
  /// - a directory: every video and image in it, in sub-directories too; those of its sub-directories are labelled with
  ///   the sub-directory's name. A directory that holds images is one video.
  /// - a text file of lines "path label" (separated by the last space, comma or tab; the label may be missing): labels
  /// are
  ///   numbers from 0 if all of them are, otherwise names. Paths are relative to the file's directory.
  /// - a video or an image.
  /// In natural order of the names, or as the file has them. Errors: nothing there, labels out of range.
  static VideoList open(const std::string& path);

  /// Throws unless every video has a label.
  void check_labelled() const;
};

}  // namespace sequent
