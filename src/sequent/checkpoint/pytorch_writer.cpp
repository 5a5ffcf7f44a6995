#include "sequent/checkpoint/pytorch_writer.h"

#include <limits>
#include <set>
#include <vector>

#include "sequent/base/error.h"
#include "sequent/checkpoint/append_number.h"
#include "sequent/checkpoint/zip_writer.h"

namespace sequent {
namespace {

std::string_view storage_of(DType dtype, const std::string& name) {
  switch (dtype) {
    case DType::f32:
      return "FloatStorage";
    case DType::f16:
      return "HalfStorage";
    case DType::bf16:
      return "BFloat16Storage";
    case DType::i32:
      return "IntStorage";
    case DType::i64:
      return "LongStorage";
    case DType::u8:
      return "ByteStorage";
    default:
      fail("PyTorch: tensor {} is of type {}, which that has not", name, name_of(dtype));
  }
}

// The few words of the pickle language (protocol 2) that a dictionary of tensors needs; pickletools.dis shows them.
class Pickle {
 public:
  Pickle() { text("\x80\x02"); }

  void begin_dictionary() { text("}("); }
  void end_dictionary() { text("u"); }
  void stop() { text("."); }

  void string(std::string_view value) {
    text("X");
    append_number(bytes_, static_cast<std::uint32_t>(value.size()));
    text(value);
  }

  // torch._utils._rebuild_tensor_v2(storage, offset, sizes, strides, requires_grad, hooks)
  void tensor(const Tensor& value, std::string_view storage, std::string_view key) {
    text("ctorch._utils\n_rebuild_tensor_v2\n((");
    string("storage");
    text("ctorch\n");
    text(storage);
    text("\n");
    string(key);
    string("cpu");
    integer(value.elements());
    text("tQ");
    integer(0);
    text("(");
    for (int axis = 0; axis < value.shape().rank(); ++axis) integer(value.shape()[axis]);
    text("t(");
    for (int axis = 0; axis < value.shape().rank(); ++axis) {
      std::int64_t stride = 1;
      for (int inner = axis + 1; inner < value.shape().rank(); ++inner) stride *= value.shape()[inner];
      integer(stride);
    }
    text(
        "t\x89"
        "ccollections\nOrderedDict\n)RtR");
  }

  const std::string& bytes() const { return bytes_; }

 private:
  void text(std::string_view value) { bytes_ += value; }

  // None here is negative.
  void integer(std::int64_t value) {
    if (value <= std::numeric_limits<std::int32_t>::max()) {
      text("J");
      append_number(bytes_, static_cast<std::int32_t>(value));
    } else {
      text("\x8a\x08");
      append_number(bytes_, value);
    }
  }

  std::string bytes_;
};

std::string pickle_of(std::span<const PyTorchGroup> groups, std::vector<const Tensor*>& storages) {
  std::set<std::string> names;
  Pickle pickle;
  pickle.begin_dictionary();
  for (const PyTorchGroup& group : groups) {
    if (!group.key.empty()) {
      check(names.insert(group.key).second, "PyTorch: {} is given twice", group.key);
      pickle.string(group.key);
      pickle.begin_dictionary();
    }
    for (const NamedTensor& each : group.tensors) {
      const std::string path = group.key.empty() ? each.name : group.key + "." + each.name;
      check(names.insert(path).second, "PyTorch: {} is given twice", path);
      check(each.tensor.defined(), "PyTorch: tensor {} has no value", path);
      pickle.string(each.name);
      pickle.tensor(each.tensor, storage_of(each.tensor.dtype(), path), std::to_string(storages.size()));
      storages.push_back(&each.tensor);
    }
    if (!group.key.empty()) pickle.end_dictionary();
  }
  pickle.end_dictionary();
  pickle.stop();
  return pickle.bytes();
}

}  // namespace

void save_pytorch(const std::string& path, std::span<const PyTorchGroup> groups) {
  std::vector<const Tensor*> storages;
  const std::string pickle = pickle_of(groups, storages);
  write_file_atomically(path, [&](FileWriter& out) {
    constexpr std::int64_t kAlignment = 64;
    ZipWriter zip(out);
    const auto add = [&](std::string_view name, std::string_view bytes) {
      zip.add(name, std::as_bytes(std::span(bytes)), kAlignment);
    };
    add("archive/data.pkl", pickle);
    add("archive/byteorder", "little");
    for (std::size_t i = 0; i < storages.size(); ++i) {
      const Tensor& value = *storages[i];
      zip.add("archive/data/" + std::to_string(i),
              {static_cast<const std::byte*>(value.raw()), static_cast<std::size_t>(value.bytes())}, kAlignment);
    }
    add("archive/version", "3\n");
    zip.finish();
  });
}

}  // namespace sequent
