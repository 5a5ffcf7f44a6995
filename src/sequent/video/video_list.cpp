#include "sequent/video/video_list.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>

#include "sequent/base/error.h"
#include "sequent/base/files.h"
#include "sequent/video/frame_source.h"
#include "sequent/video/image_directory.h"

namespace sequent {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSpaces = " \t\r";
constexpr std::int64_t kMaxLabels = 1 << 20;

struct Labelled {
  std::string path;
  std::string label;  // empty: none
};

void collect(const fs::path& directory, const std::string& label, std::vector<Labelled>& videos) {
  if (is_image_directory(directory.string())) {
    videos.push_back({directory.string(), label});
    return;
  }
  std::vector<fs::path> entries;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) entries.push_back(entry.path());
  std::sort(entries.begin(), entries.end(),
            [](const fs::path& a, const fs::path& b) { return natural_less(a.string(), b.string()); });
  for (const fs::path& entry : entries) {
    const std::string name = entry.filename().string();
    if (name.starts_with(".")) continue;
    if (fs::is_directory(entry)) {
      collect(entry, label.empty() ? name : label, videos);
    } else if (names_video(name)) {
      videos.push_back({entry.string(), label});
    }
  }
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
}

std::vector<Labelled> read_lines(const std::string& file) {
  std::vector<Labelled> videos;
  const fs::path folder = fs::path(file).parent_path();
  const std::string text = read_text(file);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = trimmed(std::string_view(text).substr(begin, end - begin));
    begin = end + 1;
    if (line.empty()) continue;
    const std::string whole(line);
    const std::size_t cut = names_video(whole) || names_image(whole) ? std::string::npos : line.find_last_of(" \t,");
    const std::string_view label = cut == std::string::npos ? std::string_view() : line.substr(cut + 1);
    videos.push_back({(folder / trimmed(line.substr(0, cut))).string(), std::string(label)});
  }
  return videos;
}

std::optional<std::int64_t> number_of(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return {};
  return value;
}

bool labels_are_numbers(const std::vector<Labelled>& videos) {
  return std::all_of(videos.begin(), videos.end(),
                     [](const Labelled& video) { return video.label.empty() || number_of(video.label); });
}

VideoList numbered(const std::string& path, std::vector<Labelled> videos) {
  VideoList list;
  std::int64_t count = 0;
  for (Labelled& video : videos) {
    const std::int64_t label = video.label.empty() ? -1 : *number_of(video.label);
    check(label < kMaxLabels, "{}: labels must be below {}, got {}", path, kMaxLabels, label);
    count = std::max(count, label + 1);
    list.entries.push_back({std::move(video.path), label});
  }
  for (std::int64_t i = 0; i < count; ++i) list.labels.push_back(std::to_string(i));
  return list;
}

VideoList named(std::vector<Labelled> videos) {
  VideoList list;
  for (const Labelled& video : videos) {
    if (!video.label.empty()) list.labels.push_back(video.label);
  }
  std::sort(list.labels.begin(), list.labels.end(), natural_less);
  list.labels.erase(std::unique(list.labels.begin(), list.labels.end()), list.labels.end());
  for (Labelled& video : videos) {
    const auto place = std::lower_bound(list.labels.begin(), list.labels.end(), video.label, natural_less);
    list.entries.push_back({std::move(video.path), video.label.empty() ? -1 : place - list.labels.begin()});
  }
  return list;
}

}  // namespace

VideoList VideoList::open(const std::string& path) {
  check(fs::exists(path), "data: there is nothing at {}", path);
  VideoList list;
  if (fs::is_directory(path)) {
    std::vector<Labelled> videos;
    collect(path, "", videos);
    list = named(std::move(videos));
  } else if (names_video(path) || names_image(path)) {
    list.entries.push_back({path, -1});
  } else {
    std::vector<Labelled> videos = read_lines(path);
    list = labels_are_numbers(videos) ? numbered(path, std::move(videos)) : named(std::move(videos));
  }
  check(!list.entries.empty(), "data: there are no videos in {}", path);
  return list;
}

void VideoList::check_labelled() const {
  for (const Entry& entry : entries) {
    check(entry.label >= 0,
          "data: {} has no label; put videos into a folder named after it, or list them as 'path label'", entry.path);
  }
}

}  // namespace sequent
