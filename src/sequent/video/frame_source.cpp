#include "sequent/video/frame_source.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <filesystem>
#include <numeric>

#include "sequent/base/error.h"
#include "sequent/video/image_directory.h"
#include "sequent/video/video_file.h"

namespace sequent {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 11> kVideos = {".mp4", ".m4v", ".mov",  ".mkv", ".webm", ".avi",
                                                      ".gif", ".ts",  ".mpeg", ".mpg", ".ogv"};
constexpr std::array<std::string_view, 7> kImages = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"};

template <std::size_t size>
bool has_extension(const std::string& path, const std::array<std::string_view, size>& extensions) {
  std::string extension = fs::path(path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
}

}  // namespace

Tensor FrameSource::frames(std::span<const std::int64_t> indices) {
  const Tensor all = Tensor::empty({static_cast<std::int64_t>(indices.size()), height(), width(), 3}, DType::u8);
  const std::int64_t bytes = height() * width() * 3;
  read(indices, [&](std::int64_t place, const Tensor& frame) {
    std::memcpy(all.mutable_data<std::uint8_t>() + place * bytes, frame.data<std::uint8_t>(),
                static_cast<std::size_t>(bytes));
  });
  return all;
}

std::unique_ptr<FrameSource> open_frames(const std::string& path) {
  if (fs::is_directory(path)) return std::make_unique<ImageDirectory>(path);
  return std::make_unique<VideoFile>(path);
}

bool names_video(const std::string& path) {
  return has_extension(path, kVideos);
}

bool names_image(const std::string& path) {
  return has_extension(path, kImages);
}

bool is_image_directory(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return false;
  const fs::directory_iterator entries(path, error);
  return std::any_of(begin(entries), end(entries),
                     [](const fs::directory_entry& entry) { return names_image(entry.path().string()); });
}

}  // namespace sequent
