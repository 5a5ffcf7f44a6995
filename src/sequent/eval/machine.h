// What this machine and this build are: what a bug report and a measurement need to be understood.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace sequent {

/// version, compiler, system, processor, features, simd, simd_available, cores, threads, memory_bytes,
/// memory_available_bytes, matrix_products, libraries, architectures.
nlohmann::ordered_json machine_facts();

}  // namespace sequent
