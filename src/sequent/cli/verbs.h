// The verbs of the command. To add one: its file, and a line in verbs.cpp.
#pragma once

#include <span>
#include <string_view>

namespace sequent {

struct Verb {
  std::string_view name;
  std::string_view help;
  /// argv[0] is the verb. Returns the exit code; an Error is reported by dispatch().
  int (*run)(int argc, char** argv);
};

std::span<const Verb> verbs();

/// Runs the verb that argv[1] names. `command` is what was typed up to there ("sequent"), for usage and messages.
/// An Error of the verb is printed after "sequent VERB: "; exit code 1. No such verb: a suggestion; exit code 2.
int dispatch(std::string_view command, std::string_view description, std::span<const Verb> verbs, int argc,
             char** argv);

int run_bench(int argc, char** argv);
int run_chat(int argc, char** argv);
int run_compare(int argc, char** argv);
int run_doctor(int argc, char** argv);
int run_eval(int argc, char** argv);
int run_generate(int argc, char** argv);
int run_convert(int argc, char** argv);
int run_inspect(int argc, char** argv);
int run_logits(int argc, char** argv);
int run_tokenizer(int argc, char** argv);
int run_train(int argc, char** argv);
int run_video(int argc, char** argv);

}  // namespace sequent
