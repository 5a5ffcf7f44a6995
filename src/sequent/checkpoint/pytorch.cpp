#include "sequent/checkpoint/pytorch.h"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "sequent/base/error.h"
#include "sequent/base/shown_name.h"
#include "sequent/checkpoint/pickle.h"
#include "sequent/checkpoint/pytorch_tensors.h"
#include "sequent/checkpoint/zip_archive.h"

namespace sequent {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::string_view kPickleName = "/data.pkl";
constexpr std::size_t kTarMagicAt = 257;
constexpr std::size_t kMaximumPath = 4096;
constexpr std::string_view kAdvice = "; open it in PyTorch and save it anew with torch.save or as safetensors";

bool has(Bytes file, std::size_t at, std::string_view magic) {
  if (file.size() < at + magic.size()) return false;
  return std::string_view(reinterpret_cast<const char*>(file.data()) + at, magic.size()) == magic;
}
bool is_zip(Bytes file) {
  return has(file, 0, "PK\x03\x04");
}
bool is_stream(Bytes file) {
  return has(file, 0, "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19");
}
bool is_tar(Bytes file) {
  return has(file, kTarMagicAt, "ustar");
}

// The members of the archive's one folder.
struct Archive {
  Bytes pickle;
  PytorchStorages storages;
};

Archive open_archive(const MappedFile& file, std::string_view place) {
  const std::vector<ZipMember> members = read_zip(file.bytes(), file.path());
  const auto is_pickle = [](const ZipMember& member) {
    return member.name.ends_with(kPickleName) && member.name.find('/') == member.name.size() - kPickleName.size();
  };
  const auto pickle = std::find_if(members.begin(), members.end(), is_pickle);
  check(pickle != members.end(), "{}: an archive, but not one of torch.save: it has no data.pkl", place);
  check(std::find_if(pickle + 1, members.end(), is_pickle) == members.end(), "{}: has more than one data.pkl", place);
  const std::string_view folder = pickle->name.substr(0, pickle->name.size() - kPickleName.size() + 1);
  Archive archive = {pickle->data, {}};
  for (const ZipMember& member : members) {
    if (!member.name.starts_with(folder)) continue;
    const std::string_view name = member.name.substr(folder.size());
    check(name != "constants.pkl" && !name.starts_with("code/"),
          "{}: a TorchScript program, which is not supported; save its state_dict() with torch.save", place);
    check(!member.is_compressed, "{}: member {} is compressed, which torch.save never does", place,
          shown_name(member.name));
    const std::string_view text(reinterpret_cast<const char*>(member.data.data()), member.data.size());
    check(name != "byteorder" || text == "little", "{}: byteorder must be little, got {}", place, shown_name(text));
    constexpr std::string_view kStorages = "data/";
    if (name.starts_with(kStorages)) archive.storages.emplace(name.substr(kStorages.size()), member.data);
  }
  return archive;
}

// Goes over the nest without recursion and fills the table with what it finds. A part that hangs in several places is
// listed under each; how often that may happen is bounded by the size of the pickle, as is the length of all names.
class Nest {
 public:
  Nest(const Pickle& pickle, const Archive& archive, std::string_view place, TensorTable& table)
      : p_(pickle), archive_(archive), place_(place), table_(table), budget_(16 * archive.pickle.size() + 4096) {}

  void read() {
    visit(p_.root());
    while (!levels_.empty()) {
      Level& level = levels_.back();
      const std::span<const Pickle::Index> items = p_.items(level.collection);
      if (level.next == items.size()) {
        inside_.erase(level.collection);
        levels_.pop_back();
        continue;
      }
      const bool keyed = p_.kind(level.collection) == PickleKind::dictionary;
      check(!keyed || items.size() % 2 == 0, "{}: a key without value", place_);
      path_.resize(level.path);
      const Pickle::Index value = items[level.next + (keyed ? 1 : 0)];
      const bool named = keyed ? append_key(items[level.next]) : append(std::to_string(level.next));
      level.next += keyed ? 2 : 1;
      if (named) visit(value);
    }
  }

 private:
  struct Level {
    Pickle::Index collection;
    std::size_t next = 0;
    std::size_t path;  // length of the path that leads here
  };

  bool append(std::string_view part) {
    if (!path_.empty()) path_ += '.';
    path_ += part;
    check(path_.size() <= kMaximumPath, "{}: a path of keys is longer than {} bytes", place_, kMaximumPath);
    return true;
  }
  // Values under keys that are neither texts nor integers have no name.
  bool append_key(Pickle::Index key) {
    if (p_.kind(key) == PickleKind::text) return append(p_.text(key));
    return p_.kind(key) == PickleKind::integer && append(std::to_string(p_.integer(key)));
  }
  void spend(std::size_t amount) {
    check(amount <= budget_, "{}: repeats its parts too often", place_);
    budget_ -= amount;
  }

  void visit(Pickle::Index value) {
    spend(1);
    switch (p_.kind(value)) {
      case PickleKind::tuple:
      case PickleKind::list:
      case PickleKind::dictionary:
        check(inside_.insert(value).second, "{}: {} contains itself", place_, shown_name(path_));
        levels_.push_back({value, 0, path_.size()});
        return;
      case PickleKind::call:
        if (!is_pytorch_tensor(p_, value)) return;
        spend(path_.size());
        table_.entries.push_back(
            read_pytorch_tensor(p_, value, archive_.storages, path_.empty() ? "tensor" : path_, place_));
        return;
      default:
        if (levels_.size() == 1 && p_.kind(levels_[0].collection) == PickleKind::dictionary) note(value);
    }
  }

  void note(Pickle::Index value) {
    const auto text = [&]() -> std::string {
      switch (p_.kind(value)) {
        case PickleKind::boolean:
          return p_.integer(value) != 0 ? "true" : "false";
        case PickleKind::integer:
          return std::to_string(p_.integer(value));
        case PickleKind::number:
          return fmt::format("{}", p_.number(value));
        case PickleKind::text:
          return std::string(p_.text(value).substr(0, kMaximumPath));
        default:
          return {};
      }
    }();
    if (text.empty()) return;
    spend(path_.size() + text.size());
    table_.metadata.emplace(path_, text);
  }

  const Pickle& p_;
  const Archive& archive_;
  std::string_view place_;
  TensorTable& table_;
  std::size_t budget_;
  std::vector<Level> levels_;
  std::unordered_set<Pickle::Index> inside_;  // the collections of levels_
  std::string path_;
};

}  // namespace

bool is_pytorch(std::span<const std::byte> file) {
  return is_zip(file) || is_stream(file) || is_tar(file);
}

TensorTable read_pytorch(std::shared_ptr<const MappedFile> file) {
  const std::string place = fmt::format("PyTorch: {}", file->path());
  check(!is_stream(file->bytes()), "{}: written by a PyTorch before 1.6{}", place, kAdvice);
  check(!is_tar(file->bytes()), "{}: written by one of the first versions of PyTorch, as a tar file{}", place, kAdvice);
  const Archive archive = open_archive(*file, place);
  const Pickle pickle(archive.pickle, pytorch_globals(), place);
  TensorTable table = {.format = "PyTorch", .file = std::move(file), .entries = {}, .metadata = {}};
  Nest(pickle, archive, place, table).read();
  return table;
}

}  // namespace sequent
