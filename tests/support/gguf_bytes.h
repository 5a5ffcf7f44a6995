// GGUF files written byte by byte, so that tests can get every number wrong.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sequent::test {

class GgufBytes {
 public:
  GgufBytes(std::uint64_t tensors, std::uint64_t values, std::uint32_t version = 3) {
    bytes_ = "GGUF";
    number(version);
    number(tensors);
    number(values);
  }

  template <class T>
  GgufBytes& number(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
    return *this;
  }
  GgufBytes& text(std::string_view text) {
    number(static_cast<std::uint64_t>(text.size()));
    bytes_ += text;
    return *this;
  }
  /// A key with a u32, type 4.
  GgufBytes& u32(std::string_view key, std::uint32_t value) { return text(key).number(std::uint32_t{4}).number(value); }
  /// The description of a tensor of one axis, of f32 unless said otherwise.
  GgufBytes& tensor(std::string_view name, std::int64_t size, std::uint64_t offset, std::uint32_t type = 0) {
    return text(name).number(std::uint32_t{1}).number(size).number(type).number(offset);
  }
  GgufBytes& pad(std::size_t alignment = 32) {
    bytes_.resize((bytes_.size() + alignment - 1) / alignment * alignment);
    return *this;
  }
  GgufBytes& data(std::size_t bytes) {
    bytes_.append(bytes, '\1');
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace sequent::test
