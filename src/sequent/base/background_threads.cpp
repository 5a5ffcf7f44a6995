#include "sequent/base/background_threads.h"

#include <thread>
#include <utility>
#include <vector>

#include "sequent/base/error.h"

namespace sequent {

class BackgroundThreads::State {
 public:
  State(int count, std::function<void()> body) : body_(std::move(body)) {
    for (int i = 0; i < count; ++i) threads_.emplace_back([this] { body_(); });
  }

 private:
  std::function<void()> body_;
  std::vector<std::jthread> threads_;  // joined first
};

BackgroundThreads::BackgroundThreads(int count, std::function<void()> body) {
  check(count >= 1 && count <= 256, "threads: from 1 to 256 may work in the background, got {}", count);
  state_ = std::make_unique<State>(count, std::move(body));
}

BackgroundThreads::~BackgroundThreads() = default;

}  // namespace sequent
