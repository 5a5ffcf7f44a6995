// sequent chat: a conversation on stdin and stdout; what was said is carried in the model's state.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "sequent/base/error.h"
#include "sequent/cli/common.h"
#include "sequent/cli/sampler_flags.h"
#include "sequent/cli/verbs.h"
#include "sequent/infer/state_file.h"

namespace sequent {
namespace {

constexpr const char* kUser = "User:";
constexpr const char* kAssistant = "Assistant:";
constexpr const char* kCommands = "/reset forgets everything, /save FILE, /load FILE, /quit";

// A line of stdin without its end; nothing when there are no more or the user interrupted.
std::optional<std::string> read_line(const std::atomic<bool>& interrupted) {
  std::string line;
  for (int c; (c = std::getc(stdin)) != EOF;) {
    if (c == '\n') return line;
    line.push_back(static_cast<char>(c));
  }
  if (line.empty() || interrupted) return {};
  return line;
}

class Chat {
 public:
  Chat(const OpenedModel& model, const GenerateOptions& options, bool json)
      : model_(model), options_(options), json_(json), session_(*model.loaded.model) {
    options_.stop.push_back(std::string("\n") + kUser);
  }

  int run() {
    const bool terminal = isatty(STDIN_FILENO) != 0;
    if (terminal) note("A plain language model continues \"{} ...\\n{}\". {}.", kUser, kAssistant, kCommands);
    for (;;) {
      std::atomic<bool>& interrupted = catch_interrupts();
      interrupted = false;
      options_.interrupt = &interrupted;
      if (terminal) fmt::print(stderr, "> ");
      const std::optional<std::string> line = read_line(interrupted);
      if (!line || *line == "/quit") break;
      if (line->empty()) continue;
      if (line->front() == '/') {
        run_command(*line);
      } else {
        answer(*line);
      }
    }
    if (json_)
      write_json({{"turns", turns_}, {"position", session_.position()}, {"state_bytes", session_.state().bytes()}});
    return 0;
  }

  void load(const std::string& path) { session_ = load_session(path, model_.loaded); }

 private:
  // A mistake in a command is reported and the conversation goes on.
  void run_command(const std::string& line) {
    const std::size_t space = line.find(' ');
    const std::string command = line.substr(0, space);
    const std::string file = space == std::string::npos ? "" : line.substr(space + 1);
    try {
      if (command == "/reset") {
        session_.reset();
      } else if (command == "/save" && !file.empty()) {
        save_session(file, model_.loaded, session_);
        note("saved {} tokens in {}", session_.position(), file);
      } else if (command == "/load" && !file.empty()) {
        load(file);
        note("loaded {} tokens from {}", session_.position(), file);
      } else {
        note("there is no command '{}'; {}", line, kCommands);
      }
    } catch (const Error& error) {
      note("{}", error.what());
    }
  }

  void answer(const std::string& message) {
    const std::string prompt =
        fmt::format("{}{} {}\n{}", session_.position() > 0 ? "\n" : "", kUser, message, kAssistant);
    const Session before = session_;
    const Generation result =
        generate(session_, model_.tokenizer, model_.tokenizer.encode(prompt), options_, [&](std::string_view piece) {
          if (!json_) write_out(piece);
        });
    if (!json_) write_out("\n");
    if (result.reason == StopReason::stop_string) {
      // The model has begun the user's next turn. It must not remember that, so it reads its answer again.
      session_ = before;
      session_.feed(model_.tokenizer.encode(prompt + result.text));
    }
    turns_.push_back({{"user", message},
                      {"assistant", result.text},
                      {"generated_tokens", result.tokens.size()},
                      {"stop_reason", name_of(result.reason)}});
  }

  const OpenedModel& model_;
  GenerateOptions options_;
  bool json_;
  Session session_;
  nlohmann::json turns_ = nlohmann::json::array();
};

}  // namespace

int run_chat(int argc, char** argv) {
  CLI::App app(
      "Talks with a model, a line at a time. Models here have no chat template: each line is given to the model\n"
      "as \"User: LINE\\nAssistant:\", and its answer ends where it writes \"\\nUser:\". Lines that begin with /\n"
      "are commands: /reset, /save FILE, /load FILE, /quit.",
      "sequent chat");
  std::string model_path;
  std::string load_state;
  GenerateOptions options;
  CommonFlags common(app);
  app.add_option("MODEL", model_path, "model directory or run directory")->required();
  add_generate_flags(app, options);
  app.add_option("--load-state", load_state, "go on from a saved conversation");
  if (const auto code = common.parse(app, argc, argv)) return *code;
  const OpenedModel model = open_model(model_path);
  Chat chat(model, options, common.json());
  if (!load_state.empty()) chat.load(load_state);
  return chat.run();
}

}  // namespace sequent
