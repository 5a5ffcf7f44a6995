// Threads: one pool of workers, used through two functions.
#pragma once

#include <cstdint>

#include "sequent/base/function_ref.h"

namespace sequent {

/// Cores available to the process.
int core_count();

/// Number of threads that may work at once, the caller included; at first OMP_NUM_THREADS if that is set to a number, as
/// for most numerical programs, otherwise core_count().
int thread_count();

/// Sets it, from 1 to 1024; anything else is an Error.
void set_thread_count(int count);

/// Calls body(b, e) on disjoint ranges that cover [begin, end), in parallel when there are at least
/// 2 * grain elements. Where the cuts fall depends on the thread count, so a body must not reduce over its range:
/// reductions run over a fixed number of pieces instead, which keeps results independent of the thread count.
/// An exception thrown by a body is rethrown here. Nested calls run on the calling thread.
void parallel_for(std::int64_t begin, std::int64_t end, std::int64_t grain,
                  FunctionRef<void(std::int64_t, std::int64_t)> body);

/// Calls task(i) for every i in [0, count), each as one unit of work, handed out as threads become free.
void parallel_tasks(std::int64_t count, FunctionRef<void(std::int64_t)> task);

}  // namespace sequent
