#include "sequent/checkpoint/gguf.h"

#include <array>
#include <cstring>

#include "sequent/base/error.h"
#include "sequent/base/files.h"
#include "sequent/base/parse_number.h"
#include "sequent/base/shown_name.h"
#include "sequent/checkpoint/byte_reader.h"
#include "sequent/checkpoint/gguf_types.h"

namespace sequent {
namespace {

constexpr std::string_view kMagic = "GGUF";
constexpr std::uint32_t kVersion = 3;
// As in the format's own library.
constexpr std::uint64_t kMaximumText = std::uint64_t{1} << 30, kMaximumArray = std::uint64_t{1} << 30;
constexpr std::size_t kMaximumName = 63;
constexpr std::uint32_t kMaximumRank = 4;
constexpr std::int64_t kDefaultAlignment = 32;
// Texts among the metadata of a TensorTable are for people.
constexpr std::size_t kShownText = 200;

// Bytes of one element, by type; 0 where it varies.
constexpr std::array<std::uint64_t, 13> kValueBytes = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

struct Contents {
  std::map<std::string, GgufValue, std::less<>> values;
  std::vector<TensorEntry> entries;
};

class Reader {
 public:
  Reader(const MappedFile& file, std::string_view place) : file_(file), place_(place), in_(file.bytes(), place) {}

  Contents read() {
    check(in_.text(kMagic.size()) == kMagic, "{}: does not begin with {}", place_, kMagic);
    const auto version = in_.number<std::uint32_t>();
    // 2 is the same but for what nobody wrote.
    check(version == kVersion || version == 2, "{}: version must be {}, got {}", place_, kVersion, version);
    const auto tensors = in_.number<std::uint64_t>(), values = in_.number<std::uint64_t>();
    for (std::uint64_t i = 0; i < values; ++i) read_value();
    for (std::uint64_t i = 0; i < tensors; ++i) read_tensor();
    place_data();
    return std::move(contents_);
  }

 private:
  std::string_view text() {
    const auto length = in_.number<std::uint64_t>();
    check(length <= kMaximumText, "{}: a text may have at most {} bytes, got {}", place_, kMaximumText, length);
    return in_.text(length);
  }

  GgufType type() {
    const auto type = in_.number<std::uint32_t>();
    check(type < kValueBytes.size(), "{}: there is no value type {}", place_, type);
    return static_cast<GgufType>(type);
  }

  void read_value() {
    const std::string key(text());
    GgufValue value = {.type = type()};
    if (value.type == GgufType::array) {
      value = {.type = type(), .array = true, .count = in_.number<std::uint64_t>()};
      check(value.type != GgufType::array, "{}: {}: arrays of arrays are not supported", place_, shown_name(key));
      check(value.count <= kMaximumArray, "{}: {}: an array may have at most {} elements, got {}", place_,
            shown_name(key), kMaximumArray, value.count);
    }
    const std::int64_t begin = in_.position();
    if (value.type == GgufType::text) {
      for (std::uint64_t i = 0; i < value.count; ++i) text();
    } else {
      in_.bytes(value.count * kValueBytes[static_cast<std::size_t>(value.type)]);
    }
    value.bytes =
        file_.bytes().subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(in_.position() - begin));
    check(contents_.values.emplace(key, value).second, "{}: {} is given twice", place_, shown_name(key));
  }

  void read_tensor() {
    TensorEntry entry;
    entry.name = text();
    const auto where = [&] { return fmt::format("{}: tensor {}", place_, shown_name(entry.name)); };
    check(entry.name.size() <= kMaximumName, "{}: a name may have at most {} bytes, got {}", where(), kMaximumName,
          entry.name.size());
    const auto rank = in_.number<std::uint32_t>();
    check(rank >= 1 && rank <= kMaximumRank, "{}: there must be from 1 to {} axes, got {}", where(), kMaximumRank,
          rank);
    std::int64_t elements = 1;
    for (std::uint32_t i = 0; i < rank; ++i) {
      const auto size = in_.number<std::int64_t>();
      check(size >= 0 && !__builtin_mul_overflow(elements, size, &elements), "{}: its size overflows", where());
      // The first one varies fastest.
      entry.sizes.insert(entry.sizes.begin(), size);
    }
    const auto id = in_.number<std::uint32_t>();
    const GgufTensorType* type = gguf_type_of(id);
    check(type != nullptr, "{}: there is no element type {}", where(), id);
    check(entry.sizes.back() % type->elements == 0, "{}: rows of {} must be a multiple of {}, got {}", where(),
          type->name, type->elements, entry.sizes.back());
    std::int64_t bytes = 0;
    check(!__builtin_mul_overflow(elements / type->elements, type->bytes, &bytes), "{}: its size overflows", where());
    entry.dtype_name = type->name;
    entry.dtype = type->dtype;
    contents_.entries.push_back(std::move(entry));
    places_.push_back({in_.number<std::uint64_t>(), bytes});
  }

  std::int64_t alignment() const {
    const auto found = contents_.values.find("general.alignment");
    if (found == contents_.values.end()) return kDefaultAlignment;
    check(found->second.type == GgufType::u32 && !found->second.array, "{}: general.alignment must be a u32", place_);
    std::uint32_t value = 0;
    std::memcpy(&value, found->second.bytes.data(), sizeof(value));
    check(value > 0 && (value & (value - 1)) == 0, "{}: general.alignment must be a power of two, got {}", place_,
          value);
    return value;
  }

  // The data of all tensors, in order and packed but for the alignment.
  void place_data() {
    const std::int64_t unit = alignment();
    const auto aligned = [&](std::int64_t at) {
      std::int64_t end = 0;
      check(!__builtin_add_overflow(at, unit - 1, &end), "{}: its data end beyond the file", place_);
      return end / unit * unit;
    };
    const std::int64_t data = aligned(in_.position());
    std::int64_t at = 0;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const auto [offset, bytes] = places_[i];
      TensorEntry& entry = contents_.entries[i];
      check(offset == static_cast<std::uint64_t>(at), "{}: tensor {}: its data must begin at {}, got {}", place_,
            shown_name(entry.name), at, offset);
      std::int64_t end = 0;
      check(!__builtin_add_overflow(at, bytes, &end) && data <= file_.size() && end <= file_.size() - data,
            "{}: tensor {}: its data end beyond the file", place_, shown_name(entry.name));
      entry.data = file_.bytes().subspan(static_cast<std::size_t>(data + at), static_cast<std::size_t>(bytes));
      at = aligned(end);
    }
  }

  struct Place {
    std::uint64_t offset;
    std::int64_t bytes;
  };

  const MappedFile& file_;
  std::string_view place_;
  ByteReader in_;
  Contents contents_;
  std::vector<Place> places_;
};

Contents contents_of(const MappedFile& file) {
  const std::string place = fmt::format("GGUF: {}", file.path());
  return Reader(file, place).read();
}

// Element `i` of a value of numbers or truths.
template <class Use>
void with_element(const GgufValue& value, std::uint64_t i, Use&& use) {
  const std::byte* at = value.bytes.data() + i * kValueBytes[static_cast<std::size_t>(value.type)];
  const auto as = [&]<class T>(T number) {
    std::memcpy(&number, at, sizeof(number));
    use(number);
  };
  switch (value.type) {
    case GgufType::u8:
    case GgufType::boolean:
      return as(std::uint8_t{});
    case GgufType::i8:
      return as(std::int8_t{});
    case GgufType::u16:
      return as(std::uint16_t{});
    case GgufType::i16:
      return as(std::int16_t{});
    case GgufType::u32:
      return as(std::uint32_t{});
    case GgufType::i32:
      return as(std::int32_t{});
    case GgufType::u64:
      return as(std::uint64_t{});
    case GgufType::i64:
      return as(std::int64_t{});
    case GgufType::f32:
      return as(float{});
    case GgufType::f64:
      return as(double{});
    case GgufType::text:
    case GgufType::array:
      return;
  }
}

bool is_real(GgufType type) {
  return type == GgufType::f32 || type == GgufType::f64;
}

bool is_integer(GgufType type) {
  return !is_real(type) && type != GgufType::boolean && type != GgufType::text && type != GgufType::array;
}

std::vector<std::string_view> texts_of(const GgufValue& value) {
  std::vector<std::string_view> texts;
  ByteReader in(value.bytes, "GGUF");
  for (std::uint64_t i = 0; i < value.count; ++i) texts.push_back(in.text(in.number<std::uint64_t>()));
  return texts;
}

template <class T>
std::vector<T> elements_of(const GgufValue& value) {
  std::vector<T> elements;
  for (std::uint64_t i = 0; i < value.count; ++i) {
    with_element(value, i, [&](auto number) { elements.push_back(static_cast<T>(number)); });
  }
  return elements;
}

std::string shown(const GgufValue& value) {
  if (value.type == GgufType::text) return std::string(texts_of(value).front().substr(0, kShownText));
  std::string text;
  with_element(value, 0, [&](auto number) { text = fmt::format("{}", number); });
  return value.type == GgufType::boolean ? (text == "0" ? "false" : "true") : text;
}

}  // namespace

const GgufValue& GgufMetadata::value(std::string_view key, bool array) const {
  const auto found = values_.find(key);
  check(found != values_.end(), "{}: {} is missing", path(), key);
  check(found->second.array == array, "{}: {} must be {}", path(), key, array ? "an array" : "a single value");
  return found->second;
}

std::int64_t GgufMetadata::integer(std::string_view key) const {
  const GgufValue& found = value(key, false);
  check(is_integer(found.type), "{}: {} must be an integer, got {}", path(), key, shown(found));
  check(found.type != GgufType::u64 || elements_of<std::int64_t>(found).front() >= 0, "{}: {} is too large, got {}",
        path(), key, shown(found));
  return elements_of<std::int64_t>(found).front();
}

double GgufMetadata::number(std::string_view key) const {
  const GgufValue& found = value(key, false);
  check(is_real(found.type) || is_integer(found.type), "{}: {} must be a number, got {}", path(), key, shown(found));
  return elements_of<double>(found).front();
}

bool GgufMetadata::boolean(std::string_view key) const {
  const GgufValue& found = value(key, false);
  check(found.type == GgufType::boolean, "{}: {} must be true or false, got {}", path(), key, shown(found));
  return elements_of<int>(found).front() != 0;
}

std::string_view GgufMetadata::text(std::string_view key) const {
  const GgufValue& found = value(key, false);
  check(found.type == GgufType::text, "{}: {} must be a text, got {}", path(), key, shown(found));
  return texts_of(found).front();
}

std::vector<std::int64_t> GgufMetadata::integers(std::string_view key) const {
  const GgufValue& found = value(key, true);
  check(is_integer(found.type), "{}: {} must be an array of integers", path(), key);
  return elements_of<std::int64_t>(found);
}

std::vector<double> GgufMetadata::numbers(std::string_view key) const {
  const GgufValue& found = value(key, true);
  check(is_real(found.type) || is_integer(found.type), "{}: {} must be an array of numbers", path(), key);
  return elements_of<double>(found);
}

std::vector<std::string_view> GgufMetadata::texts(std::string_view key) const {
  const GgufValue& found = value(key, true);
  check(found.type == GgufType::text, "{}: {} must be an array of texts", path(), key);
  return texts_of(found);
}

bool is_gguf(std::span<const std::byte> file) {
  return file.size() >= kMagic.size() && std::memcmp(file.data(), kMagic.data(), kMagic.size()) == 0;
}

TensorTable read_gguf(std::shared_ptr<const MappedFile> file) {
  Contents contents = contents_of(*file);
  TensorTable table = {
      .format = "GGUF", .file = std::move(file), .entries = std::move(contents.entries), .metadata = {}};
  for (const auto& [key, value] : contents.values) {
    if (!value.array) table.metadata.emplace(key, shown(value));
  }
  return table;
}

GgufMetadata read_gguf_metadata(const std::string& path) {
  std::shared_ptr<const MappedFile> file = MappedFile::open(path);
  Contents contents = contents_of(*file);
  return {std::move(file), std::move(contents.values)};
}

std::vector<std::string> gguf_parts(const TensorFile& file) {
  const std::string& path = file.path();
  const auto said = file.metadata().find("split.count");
  if (file.format() != "GGUF" || said == file.metadata().end() || said->second == "0" || said->second == "1") {
    return {path};
  }
  // NAME-00002-of-00003.gguf
  constexpr std::size_t kDigits = 5;
  constexpr std::string_view kOf = "-of-", kSuffix = ".gguf";
  constexpr std::size_t kLength = 1 + kDigits + kOf.size() + kDigits + kSuffix.size();
  const auto count = parse_number<std::uint16_t>(said->second);
  const std::string total = fmt::format("{:05}", count.value_or(0));
  check(count && path.size() > kLength && path.ends_with(fmt::format("{}{}{}", kOf, total, kSuffix)),
        "GGUF: {}: a part of {} files must be called NAME-00001-of-{}.gguf", path, shown_name(said->second), total);
  const std::string name = path.substr(0, path.size() - kLength);
  std::vector<std::string> parts;
  for (int part = 1; part <= *count; ++part) {
    parts.push_back(fmt::format("{}-{:05}{}{}{}", name, part, kOf, total, kSuffix));
  }
  return parts;
}

}  // namespace sequent
