// sequent chat: a conversation on stdin and stdout; what was said is carried in the model's state.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "sequent/base/error.h"
#include "sequent/cli/common.h"
#include "sequent/cli/precision_flag.h"
#include "sequent/cli/sampler_flags.h"
#include "sequent/cli/verbs.h"
#include "sequent/infer/plain_conversation.h"
#include "sequent/infer/template_conversation.h"
#include "sequent/infer/text_of_model.h"

namespace sequent {
namespace {

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
  Chat(Conversation& conversation, const GenerateOptions& options, bool json)
      : conversation_(conversation), options_(options), json_(json) {}

  int run(const std::string& greeting) {
    const bool terminal = isatty(STDIN_FILENO) != 0;
    if (terminal) note("{} {}.", greeting, kCommands);
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
    if (json_) {
      const Session& session = conversation_.session();
      write_json({{"turns", turns_}, {"position", session.position()}, {"state_bytes", session.state().bytes()}});
    }
    return 0;
  }

 private:
  // A mistake in a command is reported and the conversation goes on.
  void run_command(const std::string& line) {
    const std::size_t space = line.find(' ');
    const std::string command = line.substr(0, space);
    const std::string file = space == std::string::npos ? "" : line.substr(space + 1);
    try {
      if (command == "/reset") {
        conversation_.reset();
      } else if (command == "/save" && !file.empty()) {
        conversation_.save(file);
        note("saved {} tokens in {}", conversation_.session().position(), file);
      } else if (command == "/load" && !file.empty()) {
        conversation_.load(file);
        note("loaded {} tokens from {}", conversation_.session().position(), file);
      } else {
        note("there is no command '{}'; {}", line, kCommands);
      }
    } catch (const Error& error) {
      note("{}", error.what());
    }
  }

  void answer(const std::string& message) {
    const Generation result = conversation_.answer(message, options_, [&](std::string_view piece) {
      if (!json_) write_out(piece);
    });
    if (!json_) write_out("\n");
    turns_.push_back({{"user", message},
                      {"assistant", result.text},
                      {"prompt_tokens", result.prompt_tokens},
                      {"generated_tokens", result.tokens.size()},
                      {"stop_reason", name_of(result.reason)}});
  }

  Conversation& conversation_;
  GenerateOptions options_;
  bool json_;
  nlohmann::json turns_ = nlohmann::json::array();
};

// The template that the user gives, else that of the model.
std::optional<ChatTemplate> template_for(const OpenedModel& model, const std::string& file) {
  if (!file.empty()) return ChatTemplate(chat_template_of_model(model.directory, model.tokenizer, file));
  const auto found = chat_template_of_model(model.directory, model.tokenizer);
  return found ? std::optional<ChatTemplate>(*found) : std::nullopt;
}

}  // namespace

int run_chat(int argc, char** argv) {
  CLI::App app(
      "Talks with a model, a line at a time, in the form of the model's chat template. Without one each line is given\n"
      "to the model as \"User: LINE\\nAssistant:\", and its answer ends where it writes \"\\nUser:\". Lines that "
      "begin\n"
      "with / are commands: /reset, /save FILE, /load FILE, /quit.",
      "sequent chat");
  std::string model_path;
  std::string load_state;
  std::string system;
  std::string template_file;
  GenerateOptions options;
  CommonFlags common(app);
  app.add_option("MODEL", model_path, "model directory or run directory")->required();
  app.add_option("--system", system, "what the model is told before the conversation");
  app.add_option("--template", template_file, "a chat template instead of the model's: a file in Jinja");
  add_generate_flags(app, options);
  const PrecisionFlag precision(app);
  app.add_option("--load-state", load_state, "go on from a saved conversation");
  if (const auto code = common.parse(app, argc, argv)) return *code;
  const ProductPrecisionScope scope(precision.value());
  const OpenedModel model = open_model(model_path);
  options.end_tokens = model.end_tokens;
  std::optional<ChatTemplate> chat_template = template_for(model, template_file);
  std::unique_ptr<Conversation> conversation;
  std::string greeting;
  if (chat_template) {
    conversation =
        std::make_unique<TemplateConversation>(model.loaded, model.tokenizer, std::move(*chat_template), system);
    greeting = "The conversation has the form of the chat template.";
  } else {
    check(system.empty(), "chat: --system needs a chat template, and {} has none; give one with --template",
          model.directory.string());
    conversation = std::make_unique<PlainConversation>(model.loaded, model.tokenizer);
    greeting = "A plain language model continues \"User: ...\\nAssistant:\".";
  }
  if (!load_state.empty()) conversation->load(load_state);
  return Chat(*conversation, options, common.json()).run(greeting);
}

}  // namespace sequent
