#include "sequent/models/pattern.h"

#include <fmt/format.h>

#include <algorithm>

#include "sequent/base/error.h"
#include "sequent/base/parse_number.h"

namespace sequent {
namespace {

constexpr int kMaximumDepth = 16;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::vector<BlockConfig> parse() {
    std::vector<BlockConfig> blocks = items(0);
    require(at_ == text_.size(), "')' without its '('");
    return blocks;
  }

 private:
  // Until the end or a ')'.
  std::vector<BlockConfig> items(int depth) {
    std::vector<BlockConfig> blocks;
    while (skip_spaces(), at_ < text_.size() && text_[at_] != ')') {
      const std::int64_t count = factor();
      const std::vector<BlockConfig> unit = peek() == '(' ? group(depth + 1) : std::vector{block()};
      require(
          count * static_cast<std::int64_t>(unit.size()) + static_cast<std::int64_t>(blocks.size()) <= kMaximumLayers,
          fmt::format("more than {} blocks", kMaximumLayers));
      for (std::int64_t i = 0; i < count; ++i) blocks.insert(blocks.end(), unit.begin(), unit.end());
    }
    require(!blocks.empty(), "a block is missing, such as attention/glu");
    return blocks;
  }

  std::vector<BlockConfig> group(int depth) {
    require(depth <= kMaximumDepth, fmt::format("parentheses nested deeper than {}", kMaximumDepth));
    ++at_;
    std::vector<BlockConfig> blocks = items(depth);
    require(peek() == ')', "')' is missing");
    ++at_;
    return blocks;
  }

  // "3*", or 1 where there is none.
  std::int64_t factor() {
    const std::size_t end = std::min(text_.find_first_not_of("0123456789", at_), text_.size());
    if (end == at_) return 1;
    const auto count = parse_number<std::int64_t>(text_.substr(at_, end - at_));
    require(count && *count > 0 && *count <= kMaximumLayers,
            fmt::format("a count must be from 1 to {}", kMaximumLayers));
    at_ = end;
    require(peek() == '*', "'*' is missing after the count");
    ++at_;
    skip_spaces();
    return *count;
  }

  BlockConfig block() {
    const std::string mixer_name = name(&mixer);
    require(peek() == '/', fmt::format("'/' and a channel mixer are missing after '{}'", mixer_name));
    ++at_;
    return {mixer_name, name(&channel_mixer)};
  }

  // A name that `find` knows.
  template <class Entry>
  std::string name(const Entry& (*find)(std::string_view)) {
    const std::size_t begin = at_;
    const std::size_t end = std::min(text_.find_first_of(" \t/*()", at_), text_.size());
    require(end > begin, "a name is missing");
    try {
      const std::string found(find(text_.substr(begin, end - begin)).name);
      at_ = end;
      return found;
    } catch (const Error& error) {
      fail("{}", complaint(error.what()));
    }
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_spaces() { at_ = std::min(text_.find_first_not_of(" \t", at_), text_.size()); }
  std::string complaint(std::string_view what) const {
    return fmt::format("pattern: character {} of '{}': {}", at_ + 1, text_, what);
  }
  void require(bool condition, std::string_view what) const {
    if (!condition) fail("{}", complaint(what));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// How often the first `length` blocks stand one after another at the beginning.
std::size_t repeats(std::span<const BlockConfig> blocks, std::size_t length) {
  std::size_t end = length;
  while (end < blocks.size() && blocks[end] == blocks[end - length]) ++end;
  return end / length;
}

}  // namespace

std::vector<BlockConfig> parse_pattern(std::string_view text, std::int64_t layers) {
  std::vector<BlockConfig> blocks = Parser(text).parse();
  if (layers == 0) return blocks;
  const auto length = static_cast<std::int64_t>(blocks.size());
  check(layers > 0 && layers <= kMaximumLayers && layers % length == 0,
        "pattern: {} layers are no multiple of the {} of '{}'", layers, length, text);
  for (std::int64_t i = length; i < layers; ++i) blocks.push_back(blocks[static_cast<std::size_t>(i - length)]);
  return blocks;
}

std::string format_pattern(std::span<const BlockConfig> blocks) {
  std::string text;
  while (!blocks.empty()) {
    // The unit whose repetitions save the most blocks of writing, the shortest of equals.
    std::size_t unit = 1;
    std::size_t saved = 0;
    for (std::size_t length = 1; 2 * length <= blocks.size(); ++length) {
      const std::size_t saves = (repeats(blocks, length) - 1) * length;
      if (saves > saved) {
        unit = length;
        saved = saves;
      }
    }
    const std::size_t count = saved / unit + 1;
    if (!text.empty()) text += ' ';
    if (count > 1) text += fmt::format("{}*", count);
    text += unit == 1 ? fmt::format("{}/{}", blocks[0].mixer, blocks[0].channel_mixer)
                      : fmt::format("({})", format_pattern(blocks.first(unit)));
    blocks = blocks.subspan(unit * count);
  }
  return text;
}

}  // namespace sequent
