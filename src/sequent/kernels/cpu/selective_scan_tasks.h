// Hands out the independent tasks of a scan to workers that each own a part of the scratch.
#pragma once

#include <atomic>
#include <cstdint>

#include "sequent/base/function_ref.h"
#include "sequent/base/threads.h"

namespace sequent::kernels {

/// Calls body(task, worker) for every task, on at most `workers` threads in one parallel region. `work` is the number
/// of states updated in all: below some tens of thousands a second thread costs more than it saves.
inline void for_each_scan_task(std::int64_t tasks, std::int64_t workers, std::int64_t work,
                               FunctionRef<void(std::int64_t, std::int64_t)> body) {
  constexpr std::int64_t kWorkForTwo = 65536;
  std::atomic<std::int64_t> next{0};
  parallel_for(0, work < kWorkForTwo ? 1 : workers, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t worker = begin; worker < end; ++worker) {
      for (std::int64_t task; (task = next.fetch_add(1, std::memory_order_relaxed)) < tasks;) body(task, worker);
    }
  });
}

}  // namespace sequent::kernels
