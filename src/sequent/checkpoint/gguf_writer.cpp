#include "sequent/checkpoint/gguf_writer.h"

#include <set>
#include <string_view>

#include "sequent/base/error.h"
#include "sequent/base/files.h"
#include "sequent/base/shown_name.h"
#include "sequent/checkpoint/append_number.h"
#include "sequent/checkpoint/gguf.h"
#include "sequent/checkpoint/gguf_types.h"

namespace sequent {
namespace {

constexpr std::int64_t kAlignment = 32;

class Header {
 public:
  template <class T>
  void number(T value) {
    append_number(bytes_, value);
  }
  void type(GgufType type) { number(static_cast<std::uint32_t>(type)); }
  void text(std::string_view text) {
    number(static_cast<std::uint64_t>(text.size()));
    bytes_ += text;
  }

  void value(std::uint32_t v) { scalar(GgufType::u32, v); }
  void value(std::int32_t v) { scalar(GgufType::i32, v); }
  void value(float v) { scalar(GgufType::f32, v); }
  void value(bool v) { scalar(GgufType::boolean, static_cast<std::uint8_t>(v)); }
  void value(const std::string& v) {
    type(GgufType::text);
    text(v);
  }
  void value(const std::vector<std::uint8_t>& v) { array(GgufType::u8, v); }
  void value(const std::vector<std::int32_t>& v) { array(GgufType::i32, v); }
  void value(const std::vector<float>& v) { array(GgufType::f32, v); }
  void value(const std::vector<std::string>& v) {
    array_of(GgufType::text, v.size());
    for (const std::string& element : v) text(element);
  }

  void pad() { bytes_.resize((bytes_.size() + kAlignment - 1) / kAlignment * kAlignment); }
  const std::string& bytes() const { return bytes_; }

 private:
  template <class T>
  void scalar(GgufType kind, T v) {
    type(kind);
    number(v);
  }
  void array_of(GgufType kind, std::size_t count) {
    type(GgufType::array);
    type(kind);
    number(static_cast<std::uint64_t>(count));
  }
  template <class T>
  void array(GgufType kind, const std::vector<T>& v) {
    array_of(kind, v.size());
    for (const T element : v) number(element);
  }

  std::string bytes_;
};

std::int64_t padding_after(std::int64_t bytes) {
  return (kAlignment - bytes % kAlignment) % kAlignment;
}

void add_tensor(Header& header, const GgufTensor& tensor, std::int64_t offset) {
  header.text(tensor.name);
  header.number(static_cast<std::uint32_t>(tensor.shape.rank()));
  for (int axis = tensor.shape.rank(); axis-- > 0;) header.number(tensor.shape[axis]);
  header.number(gguf_type_of(tensor.dtype).id);
  header.number(static_cast<std::uint64_t>(offset));
}

void check_names(const std::string& path, std::span<const GgufTensor> tensors) {
  std::set<std::string_view> names;
  for (const GgufTensor& tensor : tensors) {
    check(names.insert(tensor.name).second, "GGUF: {}: tensor {} is given twice", path, shown_name(tensor.name));
    check(tensor.name.size() < 64, "GGUF: {}: the name {} has more than 63 bytes", path, shown_name(tensor.name));
    check(tensor.shape.rank() >= 1 && tensor.shape.rank() <= 4,
          "GGUF: {}: tensor {} must have from 1 to 4 axes, got {}", path, tensor.name, to_string(tensor.shape));
  }
}

}  // namespace

void save_gguf(const std::string& path, const GgufValues& values, std::span<const GgufTensor> tensors,
               FunctionRef<Tensor(std::size_t)> value_of) {
  check_names(path, tensors);
  Header header;
  for (const char c : std::string_view("GGUF")) header.number(c);
  header.number(std::uint32_t{3});
  header.number(static_cast<std::uint64_t>(tensors.size()));
  header.number(static_cast<std::uint64_t>(values.size()));
  for (const auto& [key, value] : values) {
    header.text(key);
    std::visit([&](const auto& v) { header.value(v); }, value);
  }
  std::int64_t offset = 0;
  for (const GgufTensor& tensor : tensors) {
    add_tensor(header, tensor, offset);
    const std::int64_t bytes = bytes_of(tensor.shape, tensor.dtype);
    offset += bytes + padding_after(bytes);
  }
  header.pad();
  write_file_atomically(path, [&](FileWriter& out) {
    out.write(header.bytes());
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      const Tensor value = value_of(i);
      check(value.shape() == tensors[i].shape && value.dtype() == tensors[i].dtype,
            "GGUF: {}: tensor {} must be {} {}, got {} {}", path, tensors[i].name, name_of(tensors[i].dtype),
            to_string(tensors[i].shape), name_of(value.dtype()), to_string(value.shape()));
      out.write(value.raw(), static_cast<std::size_t>(value.bytes()));
      out.write(std::string(static_cast<std::size_t>(padding_after(value.bytes())), '\0'));
    }
  });
}

}  // namespace sequent
