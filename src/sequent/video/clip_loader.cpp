#include "sequent/video/clip_loader.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>

#include "sequent/base/background_threads.h"
#include "sequent/base/error.h"
#include "sequent/base/stopwatch.h"

namespace sequent {

class ClipLoader::State {
 public:
  State(const ClipDataset& dataset, const ClipLoaderOptions& options) : dataset_(dataset), options_(options) {
    check(options.batch >= 1, "data: a batch must have at least 1 clip, got {}", options.batch);
    check(options.ahead >= 1, "data: at least 1 batch must be read ahead, got {}", options.ahead);
    const std::int64_t bytes = options.batch * dataset.sample_shape().elements() * size_of(DType::f32);
    ahead_ = std::clamp<std::int64_t>(options.memory / bytes, 1, options.ahead);
    threads_ = std::make_unique<BackgroundThreads>(options.threads, [this] { work(); });
  }
  ~State() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    work_to_do_.notify_all();
    threads_.reset();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  ClipBatch batch(std::int64_t step) {
    check(step >= 0, "data: steps are counted from 0, got {}", step);
    const Stopwatch watch;
    std::unique_lock lock(mutex_);
    if (step != first_) batches_.erase(batches_.begin(), batches_.lower_bound(step));
    first_ = step;
    work_to_do_.notify_all();
    samples_done_.wait(lock, [&] {
      const auto found = batches_.find(step);
      return found != batches_.end() && found->second->unfinished == 0;
    });
    const std::shared_ptr<Batch> done = batches_.at(step);
    batches_.erase(step);
    first_ = step + 1;
    lock.unlock();
    work_to_do_.notify_all();
    waited_ += watch.seconds();
    if (done->error) std::rethrow_exception(done->error);
    return std::move(done->result);
  }

  double waited_seconds() const { return waited_; }
  std::int64_t ahead() const { return ahead_; }

 private:
  struct Batch {
    ClipBatch result;
    std::int64_t begun = 0;
    std::int64_t unfinished = 0;
    std::exception_ptr error = nullptr;
  };

  /// The first batch wanted that has samples nobody has begun; null if there is none.
  std::shared_ptr<Batch> wanted(std::int64_t& step) {
    batches_.erase(batches_.lower_bound(first_ + ahead_), batches_.end());
    for (step = first_; step < first_ + ahead_; ++step) {
      std::shared_ptr<Batch>& batch = batches_[step];
      if (!batch) {
        batch = std::make_shared<Batch>();
        Shape shape = dataset_.sample_shape();
        shape = {options_.batch * shape[0], shape[1], shape[2], shape[3], shape[4]};
        batch->result.clips = Tensor::empty(shape);
        batch->result.videos.resize(static_cast<std::size_t>(options_.batch));
        batch->unfinished = options_.batch;
      }
      if (batch->begun < options_.batch) return batch;
    }
    return nullptr;
  }

  void work() {
    std::unique_lock lock(mutex_);
    while (!stop_) {
      std::int64_t step = 0;
      const std::shared_ptr<Batch> batch = wanted(step);
      if (!batch) {
        work_to_do_.wait(lock);
        continue;
      }
      const std::int64_t row = batch->begun++;
      lock.unlock();
      std::exception_ptr error = nullptr;
      try {
        batch->result.videos[static_cast<std::size_t>(row)] =
            sample(step * options_.batch + row, row, batch->result.clips);
      } catch (...) {
        error = std::current_exception();
      }
      lock.lock();
      if (error) batch->error = error;
      if (--batch->unfinished == 0) samples_done_.notify_all();
    }
  }

  std::int64_t sample(std::int64_t number, std::int64_t row, const Tensor& clips) const {
    const std::int64_t each = dataset_.settings().sampling.clips;
    return dataset_.sample(number / dataset_.size(), number % dataset_.size(),
                           clips.slice(row * each, (row + 1) * each));
  }

  const ClipDataset& dataset_;
  const ClipLoaderOptions options_;
  std::int64_t ahead_ = 1;
  double waited_ = 0;

  std::mutex mutex_;
  std::condition_variable work_to_do_, samples_done_;
  std::map<std::int64_t, std::shared_ptr<Batch>> batches_;
  std::int64_t first_ = 0;  // step that is asked for next
  bool stop_ = false;
  std::unique_ptr<BackgroundThreads> threads_;
};

ClipLoader::ClipLoader(const ClipDataset& dataset, const ClipLoaderOptions& options)
    : state_(std::make_unique<State>(dataset, options)) {}
ClipLoader::~ClipLoader() = default;

ClipBatch ClipLoader::batch(std::int64_t step) {
  return state_->batch(step);
}

double ClipLoader::waited_seconds() const {
  return state_->waited_seconds();
}

std::int64_t ClipLoader::ahead() const {
  return state_->ahead();
}

}  // namespace sequent
