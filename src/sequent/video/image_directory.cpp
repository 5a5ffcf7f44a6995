#include "sequent/video/image_directory.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>

#include "sequent/base/error.h"
#include "sequent/video/video_file.h"

namespace sequent {
namespace {

namespace fs = std::filesystem;

bool digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

/// Takes the number that `text` begins with off it, without leading zeros.
std::string_view take_number(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && digit(text[length])) ++length;
  std::string_view number = text.substr(0, length);
  text.remove_prefix(length);
  number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
  return number;
}

}  // namespace

bool natural_less(std::string_view a, std::string_view b) {
  const std::string_view whole_a = a;
  const std::string_view whole_b = b;
  while (!a.empty() && !b.empty()) {
    if (digit(a[0]) && digit(b[0])) {
      const std::string_view x = take_number(a);
      const std::string_view y = take_number(b);
      if (x.size() != y.size()) return x.size() < y.size();
      if (x != y) return x < y;
    } else {
      if (a[0] != b[0]) return a[0] < b[0];
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  if (a.empty() != b.empty()) return a.empty();
  return whole_a < whole_b;
}

ImageDirectory::ImageDirectory(const std::string& path) : path_(path) {
  for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
    if (names_image(entry.path().string())) images_.push_back(entry.path().string());
  }
  check(!images_.empty(), "{}: there are no images in this directory", path);
  std::sort(images_.begin(), images_.end(), natural_less);
  const VideoFile first(images_.front());
  height_ = first.height();
  width_ = first.width();
}

void ImageDirectory::read(std::span<const std::int64_t> indices,
                          FunctionRef<void(std::int64_t place, const Tensor& frame)> use) {
  constexpr std::array<std::int64_t, 1> kFirst = {0};
  for_ascending_frames(path_, indices, frame_count(), [&](std::int64_t index, std::span<const std::int64_t> places) {
    VideoFile image(images_[static_cast<std::size_t>(index)]);
    check(image.height() == height_ && image.width() == width_,
          "{}: every image must be {}x{} like the first, got {}x{}", images_[static_cast<std::size_t>(index)], width_,
          height_, image.width(), image.height());
    image.read(kFirst, [&](std::int64_t, const Tensor& frame) {
      for (const std::int64_t place : places) use(place, frame);
    });
  });
}

}  // namespace sequent
