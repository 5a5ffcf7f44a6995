#include "sequent/checkpoint/tensor_file.h"

#include <array>
#include <cstring>
#include <functional>
#include <unordered_map>
#include <utility>

#include "sequent/base/error.h"
#include "sequent/base/shown_name.h"
#include "sequent/checkpoint/gguf.h"
#include "sequent/checkpoint/pytorch.h"
#include "sequent/checkpoint/safetensors.h"

namespace sequent {
namespace {

using Bytes = std::span<const std::byte>;

struct Format {
  std::string_view name;
  bool (*recognizes)(Bytes file);
  TensorTable (*read)(std::shared_ptr<const MappedFile> file);
};

// In the order in which they are tried. To add one: its reader, and a line here.
constexpr std::array<Format, 3> kFormats = {{
    {"PyTorch", is_pytorch, read_pytorch},
    {"GGUF", is_gguf, read_gguf},
    {"safetensors", is_safetensors, read_safetensors},
}};

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

std::int64_t elements_of(const TensorEntry& entry) {
  std::int64_t elements = 1;
  for (const std::int64_t size : entry.sizes) elements *= size;
  return elements;
}

// Row by row, each element by its strides.
void gather(const TensorEntry& entry, std::byte* to) {
  const std::size_t rank = entry.sizes.size();
  const auto width = static_cast<std::size_t>(entry.element_bytes);
  const std::int64_t columns = entry.sizes[rank - 1];
  const std::int64_t stride = entry.strides[rank - 1] * entry.element_bytes;
  std::vector<std::int64_t> at(rank - 1, 0);
  for (std::int64_t rows = elements_of(entry) / columns; rows > 0; --rows) {
    std::int64_t offset = 0;
    for (std::size_t i = 0; i + 1 < rank; ++i) offset += at[i] * entry.strides[i];
    const std::byte* from = entry.data.data() + offset * entry.element_bytes;
    for (std::int64_t i = 0; i < columns; ++i, from += stride, to += width) std::memcpy(to, from, width);
    for (std::size_t axis = rank - 1; axis-- > 0;) {
      if (++at[axis] < entry.sizes[axis]) break;
      at[axis] = 0;
    }
  }
}

}  // namespace

struct TensorFile::State {
  TensorTable table;
  std::vector<std::string> names;
  std::unordered_map<std::string, std::size_t, StringHash, std::equal_to<>> index;

  std::string place_of(const TensorEntry& entry) const {
    return fmt::format("{}: {}: tensor {}", table.format, table.file->path(), shown_name(entry.name));
  }

  // The elements under another shape and type of as many bytes.
  Tensor load(const TensorEntry& entry, const Shape& shape, DType dtype) const {
    const auto address = reinterpret_cast<std::uintptr_t>(entry.data.data());
    // Blocks may lie at any address.
    const std::int64_t alignment = is_quantised(dtype) ? 1 : size_of(dtype);
    const bool aligned = address % static_cast<std::uintptr_t>(alignment) == 0;
    if (entry.strides.empty() && aligned) return Tensor::borrow(entry.data.data(), shape, dtype, table.file);
    if (!entry.strides.empty()) {
      check(elements_of(entry) <= static_cast<std::int64_t>(entry.data.size()) / entry.element_bytes,
            "{}: cannot load a view that repeats elements: {} of them lie in {} bytes", place_of(entry),
            elements_of(entry), entry.data.size());
    }
    const Tensor copy = Tensor::empty(shape, dtype);
    if (copy.bytes() == 0) return copy;
    if (entry.strides.empty()) {
      std::memcpy(copy.mutable_raw(), entry.data.data(), static_cast<std::size_t>(copy.bytes()));
    } else {
      gather(entry, copy.mutable_raw());
    }
    return copy;
  }
};

TensorFile TensorFile::open(const std::string& path) {
  std::shared_ptr<const MappedFile> file = MappedFile::open(path);
  std::string known;
  for (const Format& format : kFormats) {
    if (format.recognizes(file->bytes())) return TensorFile(format.read(std::move(file)));
    known += (known.empty() ? "" : ", ") + std::string(format.name);
  }
  fail("{}: not a file of tensors in a known format; known are {}", path, known);
}

TensorFile::TensorFile(TensorTable table) {
  auto state = std::make_shared<State>();
  state->table = std::move(table);
  for (const TensorEntry& entry : state->table.entries) {
    check(state->index.emplace(entry.name, state->names.size()).second, "{} is given twice", state->place_of(entry));
    state->names.push_back(entry.name);
  }
  state_ = std::move(state);
}

const std::string& TensorFile::path() const {
  return state_->table.file->path();
}
std::string_view TensorFile::format() const {
  return state_->table.format;
}
const std::vector<std::string>& TensorFile::names() const {
  return state_->names;
}
bool TensorFile::contains(std::string_view name) const {
  return state_->index.contains(name);
}
const std::map<std::string, std::string>& TensorFile::metadata() const {
  return state_->table.metadata;
}

const TensorEntry& TensorFile::entry(std::string_view name) const {
  const auto found = state_->index.find(name);
  check(found != state_->index.end(), "missing tensor {} in {}", shown_name(name), path());
  return state_->table.entries[found->second];
}

Shape TensorFile::shape(std::string_view name) const {
  const TensorEntry& found = entry(name);
  check(found.sizes.size() <= Shape::kMaximumRank, "{}: shape: at most {} axes, got {}", state_->place_of(found),
        Shape::kMaximumRank, found.sizes.size());
  return Shape(std::span<const std::int64_t>(found.sizes));
}

std::int64_t TensorFile::bytes(std::string_view name) const {
  const TensorEntry& found = entry(name);
  return found.strides.empty() ? static_cast<std::int64_t>(found.data.size())
                               : elements_of(found) * found.element_bytes;
}

Tensor TensorFile::tensor(std::string_view name) const {
  const TensorEntry& found = entry(name);
  check(found.dtype.has_value(),
        "{}: cannot load {}, only f32, f16, bf16, i32, i64, u8, q8_0, q4_0, q4_k, q5_k and q6_k",
        state_->place_of(found), found.dtype_name);
  return state_->load(found, shape(name), *found.dtype);
}

Tensor TensorFile::raw(std::string_view name) const {
  return state_->load(entry(name), {bytes(name)}, DType::u8);
}

}  // namespace sequent
