#include "sequent/checkpoint/pytorch_tensors.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "sequent/base/error.h"
#include "sequent/base/shown_name.h"

namespace sequent {
namespace {

enum class Role : std::uint8_t {
  other,            // part of a plain value, never looked at
  tensor,           // (storage, offset, sizes, strides, ...)
  tensor_of_dtype,  // the same with a type after the hooks: (..., requires_grad, hooks, dtype, ...)
  parameter,        // (tensor, ...)
  subclass,         // (function, class, its arguments, state)
  storage,          // class of storages
  untyped_storage,  // counted in bytes
  dtype,
};

constexpr std::size_t kMaximumAxes = 64;  // PyTorch's own limit

/// Element types as PyTorch calls them.
struct ElementType {
  std::string_view name;
  std::int64_t bytes;
  std::optional<DType> dtype = std::nullopt;
};
constexpr ElementType kFloat32 = {"float32", 4, DType::f32}, kFloat64 = {"float64", 8},
                      kFloat16 = {"float16", 2, DType::f16}, kBFloat16 = {"bfloat16", 2, DType::bf16},
                      kUint8 = {"uint8", 1, DType::u8}, kInt8 = {"int8", 1}, kInt16 = {"int16", 2},
                      kInt32 = {"int32", 4, DType::i32}, kInt64 = {"int64", 8, DType::i64}, kBool = {"bool", 1},
                      kComplex64 = {"complex64", 8}, kComplex128 = {"complex128", 16};

struct KnownGlobal {
  PickleGlobal global;
  Role role = Role::other;
  ElementType type = {};
};

// Nothing here does anything when loaded, in PyTorch or elsewhere, but hold values.
constexpr auto kGlobals = std::to_array<KnownGlobal>({
    {{"collections", "OrderedDict", true}},
    {{"torch._utils", "_rebuild_tensor_v2"}, Role::tensor},
    {{"torch._utils", "_rebuild_tensor_v3"}, Role::tensor_of_dtype},
    {{"torch._utils", "_rebuild_parameter"}, Role::parameter},
    {{"torch._utils", "_rebuild_parameter_with_state"}, Role::parameter},
    {{"torch._tensor", "_rebuild_from_type_v2"}, Role::subclass},
    {{"torch", "Tensor"}},
    {{"torch.nn.parameter", "Parameter"}},
    {{"torch.nn.parameter", "Buffer"}},
    {{"torch", "FloatStorage"}, Role::storage, kFloat32},
    {{"torch", "DoubleStorage"}, Role::storage, kFloat64},
    {{"torch", "HalfStorage"}, Role::storage, kFloat16},
    {{"torch", "BFloat16Storage"}, Role::storage, kBFloat16},
    {{"torch", "ByteStorage"}, Role::storage, kUint8},
    {{"torch", "CharStorage"}, Role::storage, kInt8},
    {{"torch", "ShortStorage"}, Role::storage, kInt16},
    {{"torch", "IntStorage"}, Role::storage, kInt32},
    {{"torch", "LongStorage"}, Role::storage, kInt64},
    {{"torch", "BoolStorage"}, Role::storage, kBool},
    {{"torch", "ComplexFloatStorage"}, Role::storage, kComplex64},
    {{"torch", "ComplexDoubleStorage"}, Role::storage, kComplex128},
    {{"torch", "UntypedStorage"}, Role::untyped_storage},
    {{"torch.storage", "UntypedStorage"}, Role::untyped_storage},
    {{"torch", "float32"}, Role::dtype, kFloat32},
    {{"torch", "float64"}, Role::dtype, kFloat64},
    {{"torch", "float16"}, Role::dtype, kFloat16},
    {{"torch", "bfloat16"}, Role::dtype, kBFloat16},
    {{"torch", "uint8"}, Role::dtype, kUint8},
    {{"torch", "int8"}, Role::dtype, kInt8},
    {{"torch", "int16"}, Role::dtype, kInt16},
    {{"torch", "int32"}, Role::dtype, kInt32},
    {{"torch", "int64"}, Role::dtype, kInt64},
    {{"torch", "bool"}, Role::dtype, kBool},
    {{"torch", "complex64"}, Role::dtype, kComplex64},
    {{"torch", "complex128"}, Role::dtype, kComplex128},
    {{"torch", "uint16"}, Role::dtype, {"uint16", 2}},
    {{"torch", "uint32"}, Role::dtype, {"uint32", 4}},
    {{"torch", "uint64"}, Role::dtype, {"uint64", 8}},
    {{"torch", "float8_e4m3fn"}, Role::dtype, {"float8_e4m3fn", 1}},
    {{"torch", "float8_e4m3fnuz"}, Role::dtype, {"float8_e4m3fnuz", 1}},
    {{"torch", "float8_e5m2"}, Role::dtype, {"float8_e5m2", 1}},
    {{"torch", "float8_e5m2fnuz"}, Role::dtype, {"float8_e5m2fnuz", 1}},
    {{"torch", "Size"}},
    {{"torch", "device"}},
    {{"torch", "strided"}},
    {{"torch.serialization", "_get_layout"}},
    {{"torch.torch_version", "TorchVersion"}},
    // Plain values beside the tensors of a training checkpoint.
    {{"argparse", "Namespace"}},
    {{"pathlib", "Path"}},
    {{"pathlib", "PosixPath"}},
    {{"pathlib", "PurePosixPath"}},
    {{"datetime", "datetime"}},
    {{"datetime", "timedelta"}},
    {{"_codecs", "encode"}},
    {{"numpy", "dtype"}},
    {{"numpy", "ndarray"}},
    {{"numpy.core.multiarray", "scalar"}},
    {{"numpy.core.multiarray", "_reconstruct"}},
    {{"numpy._core.multiarray", "scalar"}},
    {{"numpy._core.multiarray", "_reconstruct"}},
    {{"numpy.dtypes", "Float64DType"}},
    {{"numpy.dtypes", "Float32DType"}},
});

constexpr auto kPickleGlobals = [] {
  std::array<PickleGlobal, kGlobals.size()> globals;
  std::transform(kGlobals.begin(), kGlobals.end(), globals.begin(), [](const KnownGlobal& g) { return g.global; });
  return globals;
}();

// A tensor as the arguments of its call say it.
class TensorReader {
 public:
  TensorReader(const Pickle& pickle, std::string_view place, const std::string& name)
      : p_(pickle), place_(place), name_(name) {}

  TensorEntry read(Pickle::Index value, const PytorchStorages& storages) const {
    const auto [role, arguments] = innermost(value);
    const std::size_t needed = role == Role::tensor_of_dtype ? 7 : 4;
    expect(arguments.size() >= needed, "has too few arguments");
    const Storage storage = read_storage(arguments[0], storages);
    ElementType type = storage.type;
    if (role == Role::tensor_of_dtype) type = global(arguments[6], Role::dtype).type;
    expect(type.bytes > 0, "has no element type");
    // In bytes where the storage has no type of its own.
    const std::int64_t elements = storage.type.bytes > 0 ? storage.count : storage.count / type.bytes;
    std::int64_t bytes = 0;
    expect(!__builtin_mul_overflow(elements, type.bytes, &bytes) &&
               bytes <= static_cast<std::int64_t>(storage.data.size()),
           "asks for more than its storage in the file holds");
    const std::vector<std::int64_t> sizes = integers(arguments[2]);
    std::vector<std::int64_t> strides = integers(arguments[3]);
    expect(sizes.size() == strides.size(), "has not as many strides as sizes");
    expect(sizes.size() <= kMaximumAxes, "has more axes than a tensor can have");
    const auto [first, end] = extent(integer(arguments[1]), sizes, strides, type.bytes);
    expect(end <= elements, "lies outside of its storage");
    if (is_dense(sizes, strides)) strides.clear();
    return {.name = name_,
            .dtype_name = std::string(type.name),
            .dtype = type.dtype,
            .sizes = sizes,
            .data = storage.data.subspan(static_cast<std::size_t>(first * type.bytes),
                                         static_cast<std::size_t>((end - first) * type.bytes)),
            .strides = std::move(strides),
            .element_bytes = type.bytes};
  }

 private:
  struct Storage {
    std::span<const std::byte> data;
    ElementType type;  // of no bytes if the storage is untyped
    std::int64_t count;
  };
  using Items = std::span<const Pickle::Index>;

  void expect(bool condition, std::string_view rule) const {
    check(condition, "{}: tensor {}: {}", place_, shown_name(name_), rule);
  }
  std::int64_t integer(Pickle::Index value) const {
    expect(p_.kind(value) == PickleKind::integer && p_.integer(value) >= 0, "needs an integer of zero or more");
    return p_.integer(value);
  }
  std::vector<std::int64_t> integers(Pickle::Index value) const {
    expect(p_.kind(value) == PickleKind::tuple, "needs a tuple of integers");
    std::vector<std::int64_t> numbers;
    for (const Pickle::Index item : p_.items(value)) numbers.push_back(integer(item));
    return numbers;
  }
  const KnownGlobal& global(Pickle::Index value, Role role) const {
    expect(p_.kind(value) == PickleKind::global, "has something else where a type belongs");
    const KnownGlobal& known = kGlobals[static_cast<std::size_t>(p_.integer(value))];
    expect(known.role == role, "has something else where a type belongs");
    return known;
  }

  // Past what wraps a tensor: the parameter it is, and the class that it is an instance of.
  std::pair<Role, Items> innermost(Pickle::Index value) const {
    // Each step leads to a value that stood there before, but a file may lie about that.
    for (int depth = 0; depth < 8; ++depth) {
      expect(p_.kind(value) == PickleKind::call, "has something else where a tensor belongs");
      Role role = kGlobals[static_cast<std::size_t>(p_.integer(p_.items(value)[0]))].role;
      Items arguments = p_.items(p_.items(value)[1]);
      if (role == Role::subclass) {
        expect(arguments.size() >= 3 && p_.kind(arguments[0]) == PickleKind::global &&
                   p_.kind(arguments[2]) == PickleKind::tuple,
               "is of a class that is not known");
        role = kGlobals[static_cast<std::size_t>(p_.integer(arguments[0]))].role;
        arguments = p_.items(arguments[2]);
      }
      if (role == Role::tensor || role == Role::tensor_of_dtype) return {role, arguments};
      expect(role == Role::parameter && !arguments.empty(), "has something else where a tensor belongs");
      value = arguments[0];
    }
    fail("{}: tensor {}: is wrapped too often", place_, shown_name(name_));
  }

  // ("storage", class, key, location, count)
  Storage read_storage(Pickle::Index value, const PytorchStorages& storages) const {
    expect(p_.kind(value) == PickleKind::reference, "has something else where its storage belongs");
    const Items parts = p_.items(p_.items(value)[0]);
    expect(parts.size() == 5 && p_.kind(parts[0]) == PickleKind::text && p_.text(parts[0]) == "storage" &&
               p_.kind(parts[1]) == PickleKind::global && p_.kind(parts[2]) == PickleKind::text,
           "has something else where its storage belongs");
    const KnownGlobal& known = kGlobals[static_cast<std::size_t>(p_.integer(parts[1]))];
    expect(known.role == Role::storage || known.role == Role::untyped_storage,
           "has something else where a type belongs");
    const auto found = storages.find(p_.text(parts[2]));
    check(found != storages.end(), "{}: tensor {}: its storage {} is not in the file", place_, shown_name(name_),
          shown_name(p_.text(parts[2])));
    return {found->second, known.type, integer(parts[4])};
  }

  // The first element and one past the last, so that first <= end; nothing in between if a size is zero.
  std::pair<std::int64_t, std::int64_t> extent(std::int64_t offset, const std::vector<std::int64_t>& sizes,
                                               const std::vector<std::int64_t>& strides, std::int64_t bytes) const {
    std::int64_t last = offset, all = bytes;
    bool overflow = false, empty = false;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      empty = empty || sizes[i] == 0;
      const std::int64_t steps = std::max<std::int64_t>(sizes[i], 1);
      std::int64_t reach = 0;
      overflow = overflow || __builtin_mul_overflow(all, steps, &all) ||
                 __builtin_mul_overflow(steps - 1, strides[i], &reach) || __builtin_add_overflow(last, reach, &last);
    }
    expect(!overflow && !__builtin_add_overflow(last, 1, &last), "has sizes and strides that do not fit 63 bits");
    return empty ? std::pair<std::int64_t, std::int64_t>(0, 0) : std::pair(offset, last);
  }

  static bool is_dense(const std::vector<std::int64_t>& sizes, const std::vector<std::int64_t>& strides) {
    std::int64_t dense = 1;
    for (std::size_t i = sizes.size(); i-- > 0;) {
      if (sizes[i] == 0) return true;
      if (sizes[i] != 1 && strides[i] != dense) return false;
      dense *= sizes[i];
    }
    return true;
  }

  const Pickle& p_;
  std::string_view place_;
  const std::string& name_;
};

}  // namespace

std::span<const PickleGlobal> pytorch_globals() {
  return kPickleGlobals;
}

bool is_pytorch_tensor(const Pickle& pickle, Pickle::Index value) {
  if (pickle.kind(value) != PickleKind::call) return false;
  switch (kGlobals[static_cast<std::size_t>(pickle.integer(pickle.items(value)[0]))].role) {
    case Role::tensor:
    case Role::tensor_of_dtype:
    case Role::parameter:
    case Role::subclass:
      return true;
    default:
      return false;
  }
}

TensorEntry read_pytorch_tensor(const Pickle& pickle, Pickle::Index value, const PytorchStorages& storages,
                                std::string name, std::string_view place) {
  return TensorReader(pickle, place, name).read(value, storages);
}

}  // namespace sequent
