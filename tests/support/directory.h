// A directory of a test's own, removed with it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace sequent::test {

class Directory {
 public:
  Directory()
      : path_(std::filesystem::path(testing::TempDir()) /
              ("sequent-" + std::to_string(getpid()) + "-" + std::to_string(count_++))) {
    std::filesystem::create_directories(path_);
  }
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::string path() const { return path_.string(); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return *this / name;
  }

 private:
  static inline int count_ = 0;
  std::filesystem::path path_;
};

/// Text with some structure for a model to find.
inline std::string some_text(int sentences) {
  const char* const subjects[] = {"the cat", "a dog", "my friend", "the old man"};
  const char* const verbs[] = {"sees", "likes", "hears", "follows"};
  std::string text;
  for (int i = 0; i < sentences; ++i) {
    text += std::string(subjects[(i * 7 + i / 5) % 4]) + " " + verbs[(i * 3 + i / 7) % 4] + " " +
            subjects[(i * 5 + 1) % 4] + ".\n";
  }
  return text;
}

}  // namespace sequent::test
