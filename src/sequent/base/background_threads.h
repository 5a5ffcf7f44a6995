// Threads beside the pool, for work that goes on while the caller does something else: reading ahead of a training run.
#pragma once

#include <functional>
#include <memory>

namespace sequent {

class BackgroundThreads {
 public:
  /// Each of `count` threads runs `body` once; it must not throw, and must return when the owner asks it to, by means
  /// of its own.
  BackgroundThreads(int count, std::function<void()> body);
  /// Waits until all have returned.
  ~BackgroundThreads();
  BackgroundThreads(const BackgroundThreads&) = delete;
  BackgroundThreads& operator=(const BackgroundThreads&) = delete;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace sequent
