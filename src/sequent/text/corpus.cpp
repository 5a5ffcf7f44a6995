#include "sequent/text/corpus.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "sequent/base/error.h"
#include "sequent/base/files.h"
#include "sequent/base/hash.h"
#include "sequent/base/json.h"

namespace sequent {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBinaryProbe = 64 * 1024;

std::string_view content_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.data()), static_cast<std::size_t>(file.size())};
}

bool is_binary(std::string_view content) {
  return content.substr(0, kBinaryProbe).find('\0') != std::string_view::npos;
}

bool passed_over(const fs::directory_entry& entry) {
  const std::string name = entry.path().filename().string();
  return name.starts_with('.') || (entry.is_directory() && name.starts_with("build"));
}

std::vector<fs::path> files_below(const fs::path& directory) {
  std::vector<fs::path> files;
  for (auto entry = fs::recursive_directory_iterator(directory); entry != fs::recursive_directory_iterator(); ++entry) {
    if (passed_over(*entry)) {
      if (entry->is_directory()) entry.disable_recursion_pending();
    } else if (entry->is_regular_file()) {
      files.push_back(entry->path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string describe(const nlohmann::json& value) {
  if (!value.is_object()) return value.type_name();
  return value.contains("text") ? fmt::format("a \"text\" that is {}", value["text"].type_name())
                                : "none in the object";
}

/// The document of one line of a .jsonl file.
std::string document_of_line(std::string_view line, const fs::path& path, std::int64_t number) {
  const std::string place = fmt::format("{}:{}", path.string(), number);
  const nlohmann::json object = parse_json(line, place);
  check(object.is_object() && object.contains("text") && object["text"].is_string(),
        "{}: a line of data must be an object with a string \"text\", got {}", place, describe(object));
  return object["text"].get<std::string>();
}

void for_each_line(std::string_view content, const fs::path& path, FunctionRef<void(std::string_view)> document) {
  std::int64_t number = 0;
  while (!content.empty()) {
    const std::string_view line = content.substr(0, content.find('\n'));
    content.remove_prefix(std::min(content.size(), line.size() + 1));
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const std::string text = document_of_line(line, path, number);
    if (!text.empty()) document(text);
  }
}

}  // namespace

Corpus::Corpus(std::span<const fs::path> paths) {
  check(!paths.empty(), "data: at least one file or directory is needed");
  for (const fs::path& path : paths) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    check(fs::exists(status), "data: {} does not exist", path.string());
    if (fs::is_directory(status)) {
      add_directory(path);
    } else {
      add_file(path, false);
    }
  }
}

void Corpus::add_directory(const fs::path& path) {
  const std::size_t before = files_.size();
  const std::int64_t skipped_before = skipped_binary_files_;
  try {
    for (const fs::path& file : files_below(path)) add_file(file, true);
  } catch (const fs::filesystem_error& error) {
    fail("data: cannot read {}: {}", error.path1().string(), error.code().message());
  }
  check(files_.size() > before, "data: {} has no text files in it ({} binary files were passed over)", path.string(),
        skipped_binary_files_ - skipped_before);
}

void Corpus::add_file(const fs::path& path, bool in_directory) {
  const auto file = MappedFile::open(path.string());
  if (is_binary(content_of(*file))) {
    check(in_directory, "data: {} is a binary file: it has NUL bytes in it", path.string());
    ++skipped_binary_files_;
  } else if (file->size() == 0) {
    check(in_directory, "data: {} is empty", path.string());
  } else {
    files_.push_back({.path = path, .bytes = file->size(), .json_lines = path.extension() == ".jsonl"});
    bytes_ += file->size();
  }
}

std::uint64_t Corpus::fingerprint() const {
  Hash64 hash;
  for (const CorpusFile& file : files_) {
    const std::string name = file.path.filename().string();
    const auto mapped = MappedFile::open(file.path.string());
    const std::array<std::int64_t, 2> sizes = {static_cast<std::int64_t>(name.size()), mapped->size()};
    hash.update(sizes.data(), sizeof(sizes));
    hash.update(name.data(), name.size());
    hash.update(mapped->data(), static_cast<std::size_t>(mapped->size()));
  }
  return hash.digest();
}

void Corpus::for_each_document(FunctionRef<void(std::string_view)> document) const {
  for (const CorpusFile& file : files_) {
    const auto mapped = MappedFile::open(file.path.string());
    if (file.json_lines) {
      for_each_line(content_of(*mapped), file.path, document);
    } else if (mapped->size() > 0) {
      document(content_of(*mapped));
    }
  }
}

}  // namespace sequent
