// Runs a program as a user does, and keeps what it says.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "tests/support/files.h"

extern char** environ;

namespace sequent::test {

struct CommandResult {
  int exit_code = -1;  // -1: ended by a signal
  int signal = 0;
  std::string out;
  std::string err;
};

struct CommandOptions {
  std::string input = {};                     // on stdin
  std::vector<std::string> environment = {};  // NAME=VALUE, beside what the test itself has
  std::string out_path = {};                  // stdout goes to this file or device
  /// Called when the program has first written to stdout.
  std::function<void(pid_t)> after_output = {};
};

inline std::string contents_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline CommandResult run_program(const std::string& program, const std::vector<std::string>& arguments,
                                 const CommandOptions& options = {}) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "in", std::ios::binary) << options.input;
  const std::string out = options.out_path.empty() ? directory / "out" : options.out_path;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, (directory / "in").c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, (directory / "err").c_str(), O_WRONLY | O_CREAT, 0600);
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  std::vector<char*> variables;
  for (const std::string& variable : options.environment) variables.push_back(const_cast<char*>(variable.c_str()));
  for (char** variable = environ; *variable; ++variable) {
    if (!std::string_view(*variable).starts_with("SEQUENT_")) variables.push_back(*variable);
  }
  variables.push_back(nullptr);
  pid_t process = 0;
  CommandResult result;
  if (posix_spawn(&process, program.c_str(), &actions, nullptr, argv.data(), variables.data()) != 0) {
    ADD_FAILURE() << "cannot run " << program;
    return result;
  }
  posix_spawn_file_actions_destroy(&actions);
  if (options.after_output) {
    for (int i = 0; i < 2000 && contents_of(out).empty(); ++i) usleep(10000);
    options.after_output(process);
  }
  int status = 0;
  waitpid(process, &status, 0);
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  if (options.out_path.empty()) result.out = contents_of(out);
  result.err = contents_of(directory / "err");
  return result;
}

}  // namespace sequent::test
