#include "sequent/cli/verbs.h"

#include <fmt/core.h>

#include <array>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "sequent/base/nearest_name.h"

namespace sequent {
namespace {

constexpr std::array<Verb, 12> kVerbs = {{
    {"train", "train a language model on text", run_train},
    {"generate", "write text with a model", run_generate},
    {"chat", "talk with a model, line by line", run_chat},
    {"eval", "loss, perplexity and bits per byte of a model on text", run_eval},
    {"inspect", "architecture, parameters and state size of a model", run_inspect},
    {"convert", "a model in another format or type of weights", run_convert},
    {"logits", "the raw numbers of a model for given token ids", run_logits},
    {"tokenizer", "train a tokenizer, encode and decode text", run_tokenizer},
    {"bench", "speed and memory of an architecture or a model", run_bench},
    {"compare", "train architectures side by side, measure them, write a report", run_compare},
    {"video", "learn from video without labels, and look at what was learned", run_video},
    {"doctor", "what this machine and this build have; a quick self-check", run_doctor},
}};

void print_help(std::FILE* out, std::string_view command, std::string_view description, std::span<const Verb> verbs) {
  fmt::print(out, "{}\n\nUsage: {} VERB [OPTIONS]\n\nVerbs:\n", description, command);
  for (const Verb& verb : verbs) fmt::print(out, "  {:<12}{}\n", verb.name, verb.help);
  fmt::print(out, "\n'{} VERB --help' shows every option of a verb and its default.\n", command);
}

int no_such_verb(std::string_view command, std::string_view name, std::span<const Verb> verbs) {
  std::vector<std::string_view> names;
  for (const Verb& verb : verbs) names.push_back(verb.name);
  fmt::print(stderr, "{}: there is no verb '{}'{}\n", command, name, did_you_mean(name, names));
  fmt::print(stderr, "See '{} --help'.\n", command);
  return 2;
}

int run_reporting_errors(const Verb& verb, const std::string& name, int argc, char** argv) {
  try {
    return verb.run(argc, argv);
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "{}: out of memory\n", name);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", name, error.what());
  }
  return 1;
}

}  // namespace

std::span<const Verb> verbs() {
  return kVerbs;
}

int dispatch(std::string_view command, std::string_view description, std::span<const Verb> verbs, int argc,
             char** argv) {
  const std::string_view name = argc > 1 ? argv[1] : "";
  if (name == "--help" || name == "-h" || name == "help") {
    print_help(stdout, command, description, verbs);
    return 0;
  }
  if (name.empty()) {
    print_help(stderr, command, description, verbs);
    return 2;
  }
  for (const Verb& verb : verbs) {
    if (verb.name == name) return run_reporting_errors(verb, fmt::format("{} {}", command, name), argc - 1, argv + 1);
  }
  return no_such_verb(command, name, verbs);
}

}  // namespace sequent
