#include "sequent/infer/state_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "sequent/base/files.h"
#include "sequent/checkpoint/safetensors.h"
#include "tests/support/files.h"
#include "tests/support/small_directories.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

class StateFile : public testing::TestWithParam<std::string> {
 protected:
  StateFile() : loaded(test::small_loaded_model(GetParam())), session(*loaded.model) {
    session.feed(test::some_ids(50));
    save_session(path, loaded, session);
  }

  std::string error_of_loading(const LoadedModel& model) {
    return test::error_of([&] { load_session(path, model); });
  }
  std::string error_of_loading() { return error_of_loading(loaded); }

  // The file again, with its tensors and metadata changed.
  template <class Change>
  void rewrite(Change&& change) {
    const TensorFile file = TensorFile::open(path);
    std::vector<NamedTensor> tensors;
    for (const std::string& name : file.names()) tensors.push_back({name, file.tensor(name).clone()});
    std::map<std::string, std::string> metadata = file.metadata();
    change(tensors, metadata);
    save_safetensors(path, tensors, metadata);
  }

  const test::TemporaryDirectory directory;
  const std::string path = directory / "session.safetensors";
  LoadedModel loaded;
  Session session;
};

TEST_P(StateFile, ContinuesBitForBit) {
  Session restored = load_session(path, loaded);
  EXPECT_EQ(restored.position(), session.position());
  EXPECT_EQ(test::to_doubles(restored.logits()), test::to_doubles(session.logits()));
  EXPECT_TRUE(
      std::equal(restored.recent().begin(), restored.recent().end(), session.recent().begin(), session.recent().end()));
  for (const std::int32_t id : test::some_ids(20)) {
    ASSERT_EQ(test::to_doubles(restored.feed(id)), test::to_doubles(session.feed(id)));
  }
  // And saving what was restored gives the same file.
  save_session(directory / "a", loaded, session);
  save_session(directory / "b", loaded, restored);
  EXPECT_EQ(read_text(directory / "a"), read_text(directory / "b"));
}

TEST_P(StateFile, OutlivesTheFileItWasReadFrom) {
  Session restored = load_session(path, loaded);
  std::filesystem::remove(path);
  EXPECT_EQ(test::to_doubles(restored.feed(5)), test::to_doubles(session.feed(5)));
}

TEST_P(StateFile, BelongsToItsModel) {
  const LoadedModel other_weights = test::small_loaded_model(GetParam(), 2);
  EXPECT_NE(fingerprint(loaded), fingerprint(other_weights));
  EXPECT_EQ(fingerprint(loaded), fingerprint(test::small_loaded_model(GetParam())));
  EXPECT_TRUE(error_of_loading(other_weights).starts_with("state: " + path + " was saved from another model: "));
  for (const std::string& name : test::architecture_names()) {
    if (name == GetParam()) continue;
    EXPECT_TRUE(error_of_loading(test::small_loaded_model(name))
                    .starts_with("state: " + path + " was saved from another model: "));
  }
}

TEST_P(StateFile, AChangedByteInAnyTensorIsSeen) {
  const std::string good = read_text(path);
  const std::size_t count = TensorFile::open(path).names().size();
  for (std::size_t i = 0; i < count; ++i) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << good;
    rewrite([&](auto& tensors, auto&) { *(tensors[i].tensor.mutable_raw() + 5) ^= std::byte{1}; });
    EXPECT_EQ(error_of_loading(), "state: " + path + " is damaged: its checksum is not that of its contents") << i;
  }
}

// A flipped bit in the header may be one that means nothing ("format": "pt"); then the session must be the same.
TEST_P(StateFile, FlippedBitsAndCutsAreErrorsThatNameTheFile) {
  const std::string good = read_text(path);
  const std::vector<double> logits = test::to_doubles(session.logits());
  const auto expect_refused = [&](const std::string& bytes, std::size_t at) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    try {
      EXPECT_EQ(test::to_doubles(load_session(path, loaded).logits()), logits) << at;
      return false;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << at << ": " << error.what();
      return true;
    }
  };
  const std::size_t header = 8 + static_cast<unsigned char>(good[0]) + 256 * static_cast<unsigned char>(good[1]);
  const Random random(1, 1);
  for (std::uint64_t i = 0; i < 200; ++i) {
    const auto at = static_cast<std::size_t>(random.below(i, i % 2 == 0 ? header : good.size()));
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << (i % 8)));
    EXPECT_TRUE(expect_refused(bytes, at) || at < header) << at;
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{7}, std::size_t{100}, good.size() / 2, good.size() - 1}) {
    EXPECT_TRUE(expect_refused(good.substr(0, size), size)) << size;
  }
}

TEST_P(StateFile, NamesTheFieldThatIsWrong) {
  const std::string good = read_text(path);
  const auto error_after = [&](auto change) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << good;
    rewrite(change);
    return error_of_loading();
  };
  EXPECT_EQ(error_after([](auto&, auto& metadata) { metadata.erase("sequent.session"); }),
            "state: " + path + " is not a saved session: its metadata lack 'sequent.session'");
  EXPECT_EQ(error_after([](auto&, auto& metadata) { metadata["sequent.session"] = "9"; }),
            "state: " + path + ": sequent.session must be 1, got '9'");
  for (const char* position : {"x", "-3", "0", "50x", ""}) {
    EXPECT_EQ(error_after([&](auto&, auto& metadata) { metadata["position"] = position; }),
              "state: " + path + ": position must be a positive number, got '" + position + "'");
  }
  EXPECT_NE(error_after([](auto&, auto& metadata) { metadata["position"] = "51"; }).find(path), std::string::npos);
  EXPECT_EQ(error_after([](auto& tensors, auto&) {
              std::erase_if(tensors, [](const NamedTensor& named) { return named.name == "logits"; });
            }),
            "missing tensor \"logits\" in " + path);
  EXPECT_EQ(error_after([](auto& tensors, auto&) {
              for (NamedTensor& named : tensors) {
                if (named.name == "logits") named.tensor = Tensor::zeros({3});
              }
            }),
            "state: " + path + ": logits must be [257], got [3]");
  EXPECT_EQ(error_after([](auto& tensors, auto&) {
              for (NamedTensor& named : tensors) {
                if (named.name == "tokens") named.tensor = Tensor::zeros({50});
              }
            }),
            "state: " + path + ": tokens must be i32, got f32");
  EXPECT_NE(error_after([](auto& tensors, auto&) {
              tensors.push_back({"extra", Tensor::zeros({1})});
            }).find("tensors instead of"),
            std::string::npos);
}

TEST_P(StateFile, AnEmptySessionAndAFullDiskAreErrors) {
  const Session empty(*loaded.model);
  EXPECT_EQ(test::error_of([&] { save_session(path, loaded, empty); }),
            "state: there is nothing to save in " + path + ": no token has been read");
  const std::string good = read_text(path);
  {
    const test::FileSizeLimit limit(1000);
    EXPECT_NE(test::error_of([&] { save_session(path, loaded, session); }).find(path), std::string::npos);
  }
  EXPECT_EQ(read_text(path), good);
}

INSTANTIATE_TEST_SUITE_P(All, StateFile, testing::ValuesIn(test::architecture_names()),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace sequent
