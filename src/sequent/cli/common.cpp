#include "sequent/cli/common.h"

#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/base/files.h"
#include "sequent/base/threads.h"
#include "sequent/cli/number_checks.h"
#include "sequent/infer/text_of_model.h"
#include "sequent/models/end_tokens.h"

namespace sequent {
namespace {

std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free);

extern "C" void note_interrupt(int) {
  interrupted = true;
}

// "--top-k" is SEQUENT_TOP_K.
std::string variable_of(std::string name) {
  for (char& c : name) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return "SEQUENT_" + name;
}

void add_environment_variables(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    const auto& names = option->get_lnames();
    if (!names.empty() && names.front() != "help" && option->get_envname().empty()) {
      option->envname(variable_of(names.front()));
    }
  }
}

void check_vocabulary(const std::filesystem::path& directory, const Tokenizer& tokenizer, std::int64_t vocabulary) {
  check(tokenizer.vocabulary_size() <= vocabulary, "{}: the tokenizer has {} tokens but the model's vocabulary only {}",
        directory.string(), tokenizer.vocabulary_size(), vocabulary);
}

}  // namespace

CommonFlags::CommonFlags(CLI::App& app) {
  app.option_defaults()->always_capture_default();
  app.add_option("-t,--threads", threads_, "threads to use; 0: one for each core")
      ->check(number<int>("from 0 to 1024", [](int n) { return n >= 0 && n <= 1024; }));
  app.add_flag("--json", json_, "print one JSON object on stdout, and nothing else there");
  app.footer("Exit codes: 0 done, 1 failed, 2 wrong usage.");
}

std::optional<int> CommonFlags::parse(CLI::App& app, int argc, char** argv) const {
  add_environment_variables(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    write_out(app.help());
    return 0;
  } catch (const CLI::ParseError& error) {
    note("{}: {}\nSee '{} --help'.", app.get_name(), error.what(), app.get_name());
    return 2;
  }
  if (threads_ > 0) set_thread_count(threads_);
  return {};
}

bool CommonFlags::terminal() const {
  return isatty(STDERR_FILENO) != 0;
}

void write_out(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  check(written, "cannot write to standard output: {}", std::strerror(errno));
}

void write_json(const nlohmann::json& object) {
  write_out(object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

std::atomic<bool>& catch_interrupts() {
  struct sigaction action = {};
  action.sa_handler = note_interrupt;
  // Without SA_RESTART, so that waiting for input ends.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  return interrupted;
}

std::string read_input(const std::string& path) {
  if (path != "-") return read_text(path);
  std::string text;
  char buffer[1 << 16];
  while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, stdin)) text.append(buffer, count);
  check(std::ferror(stdin) == 0, "cannot read standard input: {}", std::strerror(errno));
  return text;
}

OpenedModel open_model(const std::string& path) {
  const std::filesystem::path directory = find_model_directory(path);
  OpenedModel opened = {directory, load_model(directory), tokenizer_of_model(directory), read_end_tokens(directory)};
  check_vocabulary(directory, opened.tokenizer, opened.loaded.model->config().vocabulary);
  return opened;
}

OpenedEncoderDecoder open_encoder_decoder(const std::string& path) {
  const std::filesystem::path directory = find_model_directory(path);
  OpenedEncoderDecoder opened = {directory, load_encoder_decoder(directory), Tokenizer::load(directory)};
  check_vocabulary(directory, opened.tokenizer, opened.loaded.model->config().vocabulary);
  return opened;
}

bool names_encoder_decoder(const std::string& path) {
  return holds_encoder_decoder(find_model_directory(path));
}

std::filesystem::path default_cache_directory() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && *cache)
    return std::filesystem::path(cache) / "sequent";
  if (const char* home = std::getenv("HOME"); home && *home) return std::filesystem::path(home) / ".cache/sequent";
  return std::filesystem::temp_directory_path() / "sequent";
}

}  // namespace sequent
