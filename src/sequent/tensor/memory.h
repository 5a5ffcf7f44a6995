// Tensor memory: 64-byte aligned blocks, with exact accounting.
//
// Freed blocks are kept for later tensors, because a training step asks for the same sizes again and again and a fresh
// page costs a fault, which is dear on virtual machines. Small blocks wait for a request of their size class, large
// ones serve any (tensor/arena.h).
#pragma once

#include <cstdint>
#include <memory>

namespace sequent::memory {

/// Bytes held by live tensors now, at most since the last reset_peak(), and kept free for reuse.
std::int64_t live_bytes();
std::int64_t peak_bytes();
std::int64_t cached_bytes();

/// Starts a new peak from the bytes now live.
void reset_peak();

/// Returns all free blocks to the system.
void release_cache();

/// A block of at least `bytes` bytes, 64-byte aligned, uninitialised; returned to the cache with its last owner.
/// Out of memory is an Error that says how much was asked for.
std::shared_ptr<std::byte> allocate(std::int64_t bytes);

}  // namespace sequent::memory
