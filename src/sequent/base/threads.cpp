#include "sequent/base/threads.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>

#include "sequent/base/error.h"

namespace sequent {
namespace {

constexpr int kLargestCount = 1024;

// How often a waiting thread looks before it sleeps: some tens of microseconds, longer than the gaps between the
// operations of a training step, so that waking a thread is not paid for each of them.
constexpr int kLooks = 2000;

void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

// Returns the value of `word` once it is no longer `old`.
int changed(const std::atomic<int>& word, int old) {
  for (int look = 0; look < kLooks; ++look) {
    if (const int value = word.load(std::memory_order_acquire); value != old) return value;
    relax();
  }
  word.wait(old, std::memory_order_acquire);
  return word.load(std::memory_order_acquire);
}

thread_local bool inside_a_task = false;

// Tasks 0 to count - 1, taken one by one by whoever comes.
class Job {
 public:
  Job(int count, int helpers, FunctionRef<void(std::int64_t)> task)
      : task_(task), count_(count), seats_(helpers), unfinished_(count) {}

  bool take_seat() { return seats_.fetch_sub(1, std::memory_order_relaxed) > 0; }

  void work() {
    inside_a_task = true;
    for (int i; (i = next_.fetch_add(1, std::memory_order_relaxed)) < count_;) {
      try {
        task_(i);
      } catch (...) {
        const std::lock_guard lock(mutex_);
        if (!error_) error_ = std::current_exception();
      }
      if (unfinished_.fetch_sub(1, std::memory_order_acq_rel) == 1) unfinished_.notify_all();
    }
    inside_a_task = false;
  }

  void wait() {
    for (int left = unfinished_.load(std::memory_order_acquire); left > 0;) left = changed(unfinished_, left);
    if (error_) std::rethrow_exception(error_);
  }

 private:
  FunctionRef<void(std::int64_t)> task_;
  const int count_;
  std::atomic<int> seats_;
  std::atomic<int> next_{0};
  std::atomic<int> unfinished_;
  std::mutex mutex_;
  std::exception_ptr error_ = nullptr;
};

// A job is over when its tasks are, not when every worker has come by: on a machine that is busy with other things the
// caller does alone what no worker has begun, instead of waiting for the system to run a worker. That, and that each
// waits asleep, is what a barrier of an OpenMP runtime does not give (docs/decisions/threads.md).
class Pool {
 public:
  void run(int count, int threads, FunctionRef<void(std::int64_t)> task) {
    // One job at a time; whoever else asks meanwhile works alone.
    const std::unique_lock turn(turn_, std::try_to_lock);
    const auto job = std::make_shared<Job>(count, turn ? threads - 1 : 0, task);
    if (turn) offer(job, threads - 1);
    job->work();
    job->wait();
    if (turn) offer(nullptr, 0);
  }

 private:
  void offer(std::shared_ptr<Job> job, int helpers) {
    for (; workers_ < helpers; ++workers_) std::thread([this] { serve(); }).detach();
    const bool real = job != nullptr;
    {
      const std::lock_guard lock(mutex_);
      job_ = std::move(job);
    }
    if (!real) return;
    jobs_.fetch_add(1, std::memory_order_release);
    jobs_.notify_all();
  }

  [[noreturn]] void serve() {
    for (int seen = 0;;) {
      seen = changed(jobs_, seen);
      std::shared_ptr<Job> job;
      {
        const std::lock_guard lock(mutex_);
        job = job_;
      }
      if (job && job->take_seat()) job->work();
    }
  }

  std::mutex turn_;
  int workers_ = 0;
  std::atomic<int> jobs_{0};
  std::mutex mutex_;
  std::shared_ptr<Job> job_;
};

// Never destroyed: its workers sleep until the process ends.
Pool& pool() {
  static Pool* instance = new Pool;
  return *instance;
}

int count_at_first() {
  int count = 0;
  if (const char* text = std::getenv("OMP_NUM_THREADS")) {
    const std::string_view view = text;
    std::from_chars(view.data(), view.data() + view.size(), count);
  }
  if (count < 1) count = core_count();
  return std::clamp(count, 1, kLargestCount);
}

std::atomic<int>& count_of_threads() {
  static std::atomic<int> count = count_at_first();
  return count;
}

}  // namespace

int core_count() {
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

int thread_count() {
  return count_of_threads().load(std::memory_order_relaxed);
}

void set_thread_count(int count) {
  check(count >= 1 && count <= kLargestCount, "threads: the number of threads must be from 1 to {}, got {}",
        kLargestCount, count);
  count_of_threads().store(count, std::memory_order_relaxed);
}

void parallel_for(std::int64_t begin, std::int64_t end, std::int64_t grain,
                  FunctionRef<void(std::int64_t, std::int64_t)> body) {
  const std::int64_t size = end - begin;
  if (size <= 0) return;
  const std::int64_t threads = thread_count();
  // Two pieces a thread, so that one that is held up leaves less undone.
  const std::int64_t pieces = std::min(2 * threads, size / std::max<std::int64_t>(grain, 1));
  if (threads == 1 || pieces <= 1 || inside_a_task) {
    body(begin, end);
    return;
  }
  pool().run(static_cast<int>(pieces), static_cast<int>(std::min(threads, pieces)), [&](std::int64_t piece) {
    const std::int64_t from = begin + size / pieces * piece + std::min(piece, size % pieces);
    const std::int64_t to = from + size / pieces + (piece < size % pieces ? 1 : 0);
    body(from, to);
  });
}

void parallel_tasks(std::int64_t count, FunctionRef<void(std::int64_t)> task) {
  const std::int64_t threads = std::min<std::int64_t>(thread_count(), count);
  if (threads <= 1 || inside_a_task) {
    for (std::int64_t i = 0; i < count; ++i) task(i);
    return;
  }
  check(count <= 1 << 30, "threads: at most 2^30 tasks, got {}", count);
  pool().run(static_cast<int>(count), static_cast<int>(threads), task);
}

}  // namespace sequent
