// How attention is cut into tasks: sizes that do not depend on the number of threads, so neither do the results.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "sequent/base/function_ref.h"
#include "sequent/base/threads.h"
#include "sequent/kernels/attention.h"
#include "sequent/kernels/cpu/rounded_tile.h"

namespace sequent::kernels {

/// Queries and keys of one tile, and columns of a tile on the causal diagonal.
inline constexpr std::int64_t kQueryTile = 64;
inline constexpr std::int64_t kKeyTile = 128;
inline constexpr std::int64_t kDiagonalColumns = 32;
/// A single query is cut into pieces of this many keys.
inline constexpr std::int64_t kDecodeKeys = 1024;
/// With fewer multiply-adds than this, a second thread costs more than it saves.
inline constexpr std::int64_t kSerialWork = 1 << 17;

constexpr float kLogTwoOfE = 1.44269504f;
constexpr float kLogOfTwo = 0.693147181f;

inline std::int64_t tiles_of(std::int64_t length, std::int64_t tile) {
  return (length + tile - 1) / tile;
}

/// Scratch of the products of one step, of heads of that width.
inline std::int64_t rounding_scratch(std::int64_t width, ProductPrecision precision) {
  if (precision == ProductPrecision::float32) return 0;
  return std::max({rounded_tile_scratch(kKeyTile, kQueryTile, width), rounded_tile_scratch(width, kQueryTile, kKeyTile),
                   rounded_tile_scratch(kKeyTile, width, kQueryTile)});
}

/// first_task[s] = tasks of the sequences before s; returns the tasks of all.
template <class Args, class TasksOf>
std::int64_t number_tasks(const Args& args, TasksOf&& tasks_of) {
  std::int64_t tasks = 0;
  for (std::int64_t s = 0; s < args.sequence_count; ++s) {
    args.first_task[s] = tasks;
    tasks += tasks_of(args.sequences[s]);
  }
  return args.first_task[args.sequence_count] = tasks;
}

/// The sequence that a task belongs to.
template <class Args>
std::int64_t sequence_of_task(const Args& args, std::int64_t task) {
  return std::upper_bound(args.first_task, args.first_task + args.sequence_count, task) - args.first_task - 1;
}

/// Workers worth starting for these arguments.
template <class Args>
std::int64_t workers_for(const Args& args) {
  std::int64_t work = 0;
  for (std::int64_t s = 0; s < args.sequence_count && work < kSerialWork; ++s) {
    work += args.sequences[s].query_length * args.sequences[s].key_length * args.heads * args.width;
  }
  return work < kSerialWork ? 1 : args.workers;
}

/// Calls body(task, scratch) for every task, on at most `workers` workers, each with `size` elements of its own.
inline void run_with_scratch(std::int64_t tasks, std::int64_t workers, float* scratch, std::int64_t size,
                             FunctionRef<void(std::int64_t, float*)> body) {
  std::atomic<std::int64_t> next{0};
  parallel_tasks(std::min(workers, tasks), [&](std::int64_t worker) {
    for (std::int64_t task; (task = next.fetch_add(1, std::memory_order_relaxed)) < tasks;) {
      body(task, scratch + worker * size);
    }
  });
}

}  // namespace sequent::kernels
