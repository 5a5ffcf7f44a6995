// Small character maps for tests, written as SentencePiece writes them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace sequent::test {

/// The bytes of a map. Every node of the trie gets a block of 256 units of its own, which is wasteful and right.
inline std::string charsmap(const std::map<std::string, std::string>& entries) {
  struct Node {
    std::map<unsigned char, std::size_t> next;
    std::int64_t value = -1;
  };
  std::vector<Node> nodes(1);
  std::string replacements;
  for (const auto& [before, after] : entries) {
    std::size_t node = 0;
    for (const char c : before) {
      const auto byte = static_cast<unsigned char>(c);
      if (!nodes[node].next.contains(byte)) {
        nodes[node].next[byte] = nodes.size();
        nodes.emplace_back();
      }
      node = nodes[node].next[byte];
    }
    nodes[node].value = static_cast<std::int64_t>(replacements.size());
    replacements += after + '\0';
  }
  // Node i lies at 256 * i; from there its children lie at 256 * (i + 1) + byte, its value at 256 * (i + 1).
  // A child is reached by exclusive or with the offset, so the unit of a child holds the way from itself to its block.
  std::vector<std::uint32_t> units(256 * (nodes.size() + 1), 0);
  const auto block = [](std::size_t node) { return static_cast<std::uint32_t>(256 * (node + 1)); };
  const auto with_offset = [](std::uint32_t offset) { return offset << 10; };
  units[0] = with_offset(block(0));
  const auto place = [&](auto& self, std::size_t node) -> void {
    if (nodes[node].value >= 0) units[block(node)] = 1u << 31 | static_cast<std::uint32_t>(nodes[node].value);
    for (const auto& [byte, child] : nodes[node].next) {
      const std::uint32_t at = block(node) ^ byte;
      units[at] = with_offset(at ^ block(child)) | (nodes[child].value >= 0 ? 1u << 8 : 0) | byte;
      self(self, child);
    }
  };
  place(place, 0);
  std::string bytes;
  const auto append = [&](std::uint32_t number) {
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(number >> shift & 0xFF);
  };
  append(static_cast<std::uint32_t>(4 * units.size()));
  for (const std::uint32_t unit : units) append(unit);
  return bytes + replacements;
}

}  // namespace sequent::test
