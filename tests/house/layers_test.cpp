// The house rules, read from the code itself: which room may include which (the table is src/sequent/CMakeLists.txt),
// where each third-party library may enter, and that every source file has a test of its name.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct Room {
  std::set<std::string> uses;
  std::set<std::string> links;
};
using Rooms = std::map<std::string, Room>;

// A library's headers begin with `prefix`; a room that includes them must link `target`, and where `only` is given,
// no file outside that path may include them at all.
struct Library {
  std::string prefix, target, only;
};
const std::vector<Library> kLibraries = {{"thread", "Threads::Threads", "base/"},
                                         {"hwy/", "PkgConfig::HIGHWAY", "kernels/cpu/"},
                                         {"nlohmann/", "nlohmann_json::nlohmann_json", ""},
                                         {"CLI/", "CLI11::CLI11", "cli/"},
                                         {"toml++/", "PkgConfig::TOMLPLUSPLUS", ""},
                                         {"pcre2.h", "PkgConfig::PCRE2", ""},
                                         {"libav", "PkgConfig::LIBAV", ""},
                                         {"libswscale", "PkgConfig::LIBAV", ""}};

std::string read(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Rooms parse_rooms(const std::string& cmake) {
  Rooms rooms;
  const std::regex call(R"(sequent_room\(([^)]*)\))");
  for (std::sregex_iterator match(cmake.begin(), cmake.end(), call), end; match != end; ++match) {
    std::istringstream words((*match)[1].str());
    std::string name;
    words >> name;
    std::set<std::string>* list = nullptr;
    for (std::string word; words >> word;) {
      if (word == "USES" || word == "LINKS") {
        list = word == "USES" ? &rooms[name].uses : &rooms[name].links;
      } else if (list) {
        list->insert(word);
      }
    }
    rooms[name];
  }
  return rooms;
}

bool may_use(const Rooms& rooms, const std::string& from, const std::string& to) {
  if (from == to) return true;
  const auto room = rooms.find(from);
  if (room == rooms.end()) return false;
  return std::any_of(room->second.uses.begin(), room->second.uses.end(),
                     [&](const std::string& used) { return may_use(rooms, used, to); });
}

// `file` is relative to src/sequent.
void check_include(const Rooms& rooms, const std::string& file, const std::string& include,
                   std::vector<std::string>& wrong) {
  const std::string room = file.substr(0, file.find('/'));
  const std::string complaint = file + " includes " + include + ": ";
  if (include.starts_with("sequent/")) {
    const std::string used = include.substr(8, include.find('/', 8) - 8);
    if (!rooms.contains(used)) {
      wrong.push_back(complaint + "there is no room '" + used + "'");
    } else if (!may_use(rooms, room, used)) {
      wrong.push_back(complaint + "room '" + room + "' does not use room '" + used + "'");
    }
  }
  for (const Library& library : kLibraries) {
    if (!include.starts_with(library.prefix)) continue;
    if (!rooms.at(room).links.contains(library.target)) {
      wrong.push_back(complaint + "room '" + room + "' does not link " + library.target);
    }
    if (!file.starts_with(library.only)) wrong.push_back(complaint + "only " + library.only + " may");
  }
}

std::vector<std::string> check_tree(const fs::path& sources, const Rooms& rooms) {
  std::vector<std::string> wrong;
  const std::regex line(R"(^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)[">])", std::regex::multiline);
  for (const auto& entry : fs::recursive_directory_iterator(sources)) {
    const std::string file = fs::relative(entry.path(), sources).generic_string();
    if (!entry.is_regular_file() || file.find('/') == std::string::npos) continue;
    if (!rooms.contains(file.substr(0, file.find('/')))) {
      wrong.push_back(file + ": its folder is not a room of src/sequent/CMakeLists.txt");
      continue;
    }
    const std::string text = read(entry.path());
    for (std::sregex_iterator match(text.begin(), text.end(), line), end; match != end; ++match) {
      check_include(rooms, file, (*match)[1].str(), wrong);
    }
    if (text.find("#pragma omp") != std::string::npos) {
      wrong.push_back(file + ": threads come from base/threads.h, not from OpenMP");
    }
  }
  return wrong;
}

// src/sequent/ROOM/x.cpp is tested by tests/ROOM/x_test.cpp, kernels/cpu/x.cpp by tests/kernels/x_test.cpp.
std::vector<std::string> sources_without_test(const fs::path& project) {
  std::vector<std::string> missing;
  for (const auto& entry : fs::recursive_directory_iterator(project / "src/sequent")) {
    std::string file = fs::relative(entry.path(), project / "src/sequent").generic_string();
    if (entry.path().extension() != ".cpp" || file == "cli/main.cpp") continue;
    const std::string name = entry.path().stem().string() + "_test.cpp";
    const std::string folder = file.starts_with("kernels/cpu/") ? "kernels" : file.substr(0, file.rfind('/'));
    if (!fs::exists(project / "tests" / folder / name))
      missing.push_back(file + " has no tests/" + folder + "/" + name);
  }
  return missing;
}

std::string lines(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& line : list) text += "  " + line + "\n";
  return text;
}

const fs::path kProject = SEQUENT_SOURCE_DIR;

TEST(House, EveryIncludeFollowsTheRoomTable) {
  const Rooms rooms = parse_rooms(read(kProject / "src/sequent/CMakeLists.txt"));
  ASSERT_TRUE(rooms.contains("base") && rooms.contains("cli"));
  EXPECT_TRUE(may_use(rooms, "cli", "base"));
  EXPECT_FALSE(may_use(rooms, "base", "tensor"));
  const std::vector<std::string> wrong = check_tree(kProject / "src/sequent", rooms);
  EXPECT_TRUE(wrong.empty()) << lines(wrong);
}

TEST(House, EverySourceHasATestOfItsName) {
  EXPECT_EQ(lines(sources_without_test(kProject)), "");
}

class MadeUpHouse : public testing::Test {
 protected:
  void SetUp() override { fs::remove_all(root); }
  void TearDown() override { fs::remove_all(root); }
  void write(const std::string& file, const std::string& text) {
    fs::create_directories((root / file).parent_path());
    std::ofstream(root / file) << text;
  }

  const fs::path root = fs::path(testing::TempDir()) / "sequent_made_up_house";
  const Rooms rooms = parse_rooms(
      "sequent_room(base LINKS Threads::Threads)\n"
      "sequent_room(tensor\n  USES base)\n"
      "sequent_room(kernels USES tensor LINKS PkgConfig::HIGHWAY)\n"
      "sequent_room(cli USES kernels)\n");
};

TEST_F(MadeUpHouse, AcceptsWhatTheTableAllows) {
  write("base/threads.cpp", "#include <thread>\n");
  write("cli/main.cpp", "#include \"sequent/base/error.h\"\n#include \"sequent/kernels/scan.h\"\n");
  write("kernels/cpu/matrix_product.cpp", "#include \"hwy/highway.h\"\n");
  EXPECT_EQ(lines(check_tree(root, rooms)), "");
}

TEST_F(MadeUpHouse, RejectsEachWrongIncludeAndNamesIt) {
  const auto only_complaint = [&](const std::string& file, const std::string& text) {
    SetUp();
    write(file, text);
    const std::vector<std::string> wrong = check_tree(root, rooms);
    EXPECT_EQ(wrong.size(), 1u) << file << "\n" << lines(wrong);
    return wrong.empty() ? "" : wrong[0];
  };
  EXPECT_EQ(only_complaint("base/clock.h", "int x;\n  #  include \"sequent/tensor/tensor.h\"\n"),
            "base/clock.h includes sequent/tensor/tensor.h: room 'base' does not use room 'tensor'");
  EXPECT_EQ(only_complaint("tensor/deep/er.cpp", "#include <sequent/kernels/scan.h>"),
            "tensor/deep/er.cpp includes sequent/kernels/scan.h: room 'tensor' does not use room 'kernels'");
  EXPECT_EQ(only_complaint("cli/run.cpp", "#include \"sequent/attic/box.h\""),
            "cli/run.cpp includes sequent/attic/box.h: there is no room 'attic'");
  EXPECT_EQ(only_complaint("attic/box.h", ""), "attic/box.h: its folder is not a room of src/sequent/CMakeLists.txt");
  EXPECT_EQ(only_complaint("kernels/scan.h", "#include <hwy/highway.h>"),
            "kernels/scan.h includes hwy/highway.h: only kernels/cpu/ may");
  EXPECT_EQ(only_complaint("tensor/json.cpp", "#include <nlohmann/json.hpp>"),
            "tensor/json.cpp includes nlohmann/json.hpp: room 'tensor' does not link nlohmann_json::nlohmann_json");
  EXPECT_EQ(only_complaint("tensor/copy.cpp", "#pragma omp parallel for\n"),
            "tensor/copy.cpp: threads come from base/threads.h, not from OpenMP");
}

TEST_F(MadeUpHouse, FindsSourcesWithoutATest) {
  write("src/sequent/base/a.cpp", "");
  write("src/sequent/kernels/cpu/b.cpp", "");
  write("src/sequent/kernels/cpu/c.cpp", "");
  write("src/sequent/cli/main.cpp", "");
  write("tests/kernels/b_test.cpp", "");
  const std::vector<std::string> missing = sources_without_test(root);
  EXPECT_EQ(std::set(missing.begin(), missing.end()),
            (std::set<std::string>{"base/a.cpp has no tests/base/a_test.cpp",
                                   "kernels/cpu/c.cpp has no tests/kernels/c_test.cpp"}));
}

}  // namespace
