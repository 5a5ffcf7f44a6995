// The command running beside the test, to be stopped or killed.
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

namespace sequent::test {

// A running command; what it prints goes to a file.
class Process {
 public:
  Process(const std::vector<std::string>& arguments, const std::string& log) {
    id_ = fork();
    if (id_ == 0) {
      const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
      dup2(file, 1);
      dup2(file, 2);
      std::vector<char*> words = {const_cast<char*>(SEQUENT_COMMAND)};
      for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
      words.push_back(nullptr);
      execv(SEQUENT_COMMAND, words.data());
      _exit(127);
    }
  }
  void signal(int number) const { kill(id_, number); }
  /// Exit code, or minus the signal that ended it.
  int wait() const {
    int status = 0;
    waitpid(id_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  pid_t id_;
};

}  // namespace sequent::test
