// What all verbs share: flags, output, signals, opening a model.
#pragma once

#include <fmt/core.h>

#include <atomic>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sequent/models/encoder_decoder_directory.h"
#include "sequent/models/model_directory.h"
#include "sequent/text/tokenizer.h"

namespace CLI {
class App;
}

namespace sequent {

/// -t/--threads and --json, and reading the command line.
class CommonFlags {
 public:
  /// Adds the flags to `app`, which should have none yet: defaults of later ones then appear in --help.
  explicit CommonFlags(CLI::App& app);

  /// Reads the command line; a flag that is not there is taken from its environment variable, SEQUENT_ and its name in
  /// capitals (SEQUENT_TOP_K). Returns an exit code if that is all: 0 after --help, 2 for wrong usage, which is
  /// explained on stderr. Sets the number of threads.
  std::optional<int> parse(CLI::App& app, int argc, char** argv) const;

  /// Whether exactly one JSON object is to be printed on stdout.
  bool json() const { return json_; }
  /// Whether stderr is a terminal.
  bool terminal() const;

 private:
  int threads_ = 0;
  bool json_ = false;
};

/// Writes to stdout at once; a full disk is an Error. If nobody reads any more (SIGPIPE) the process ends quietly.
void write_out(std::string_view text);
/// One line of JSON; text in it that is not UTF-8 is replaced.
void write_json(const nlohmann::json& object);

/// A line on stderr.
template <class... Args>
void note(fmt::format_string<Args...> format, Args&&... args) {
  fmt::print(stderr, "{}\n", fmt::vformat(format, fmt::make_format_args(args...)));
}

/// SIGINT and SIGTERM set this flag, once: a second signal ends the process as usual.
std::atomic<bool>& catch_interrupts();
/// What a shell expects of a process that was interrupted.
inline constexpr int kInterruptedExit = 130;

/// All of stdin, or of a file if `path` is not "-".
std::string read_input(const std::string& path);

/// A model with its tokenizer, from a model or run directory.
struct OpenedModel {
  std::filesystem::path directory;
  LoadedModel loaded;
  Tokenizer tokenizer;
  std::vector<std::int32_t> end_tokens;
};
OpenedModel open_model(const std::string& path);

/// The same for an encoder-decoder.
struct OpenedEncoderDecoder {
  std::filesystem::path directory;
  LoadedEncoderDecoder loaded;
  Tokenizer tokenizer;
};
OpenedEncoderDecoder open_encoder_decoder(const std::string& path);
/// Which of the two is to be opened.
bool names_encoder_decoder(const std::string& path);

/// Where tokenised text is kept unless the user says otherwise: sequent/ in $XDG_CACHE_HOME, or in ~/.cache, or in the
/// system's temporary directory.
std::filesystem::path default_cache_directory();

}  // namespace sequent
