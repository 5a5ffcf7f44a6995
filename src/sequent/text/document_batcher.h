// Documents gathered into jobs of some hundred kilobytes, so that threads can work on many short documents or on parts
// of a long one alike, with a bounded amount of text in memory.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sequent {

struct DocumentJob {
  struct Part {
    std::size_t begin;     // in `text`; a part ends where the next begins
    bool starts_document;  // otherwise it goes on with the document of the part before
  };
  std::string text;
  std::vector<Part> parts;

  std::string_view part(std::size_t i) const {
    const std::size_t end = i + 1 < parts.size() ? parts[i + 1].begin : text.size();
    return std::string_view(text).substr(parts[i].begin, end - parts[i].begin);
  }
};

class DocumentBatcher {
 public:
  /// Position from the second argument on where a text may be cut.
  using Cut = std::function<std::int64_t(std::string_view, std::int64_t)>;
  /// Receives jobs, in the order of the documents; how the documents fall into jobs depends on nothing but them.
  using Process = std::function<void(std::span<const DocumentJob>)>;

  DocumentBatcher(Cut cut, Process process) : cut_(std::move(cut)), process_(std::move(process)) {}

  void add_document(std::string_view text);

  /// Processes what is still waiting.
  void finish();

 private:
  void add_part(std::string_view text, bool starts_document);

  Cut cut_;
  Process process_;
  std::vector<DocumentJob> jobs_;
};

}  // namespace sequent
