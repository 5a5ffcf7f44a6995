#include "sequent/eval/machine.h"

#include <fmt/format.h>

#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "sequent/base/threads.h"
#include "sequent/kernels/simd_target.h"
#include "sequent/models/architecture.h"

namespace sequent {
namespace {

// What follows "KEY:" in the first such line of a file under /proc; empty elsewhere.
std::string proc_field(const char* file, const std::string& key) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t colon = line.find(':');
    const std::size_t begin = colon == std::string::npos ? colon : line.find_first_not_of(" \t", colon + 1);
    if (begin != std::string::npos) return line.substr(begin);
  }
  return {};
}

std::int64_t memory_bytes(const std::string& key) {
  const std::string kilobytes = proc_field("/proc/meminfo", key);
  return kilobytes.empty() ? 0 : 1024 * std::atoll(kilobytes.c_str());
}

// Of the processor's features, those that matter to the kernels.
std::string features() {
  static const std::set<std::string> kInteresting = {
      "sse4_2",   "avx",      "f16c",     "fma",         "avx2",        "avx512f",
      "avx512bw", "avx512dq", "avx512vl", "avx512_vnni", "avx512_bf16", "avx512_fp16",
      "avx_vnni", "amx_bf16", "amx_tile", "asimd",       "sve"};
  std::string flags = proc_field("/proc/cpuinfo", "flags");
  if (flags.empty()) flags = proc_field("/proc/cpuinfo", "Features");
  std::istringstream words(flags);
  std::string found;
  for (std::string word; words >> word;) {
    if (kInteresting.contains(word)) found += (found.empty() ? "" : " ") + word;
  }
  return found;
}

std::string compiler() {
#if defined(__clang__)
  return "Clang " __clang_version__;
#else
  return "GCC " __VERSION__;
#endif
}

std::string architecture_names() {
  std::string names;
  for (const Architecture& known : architectures()) {
    if (!names.empty()) names += ' ';
    names += known.name;
  }
  return names;
}

}  // namespace

nlohmann::ordered_json machine_facts() {
  std::ifstream version("/proc/version");
  std::string kernel;
  std::getline(version, kernel);
  std::string release = kernel.substr(0, kernel.find(" ("));
  const std::vector<std::string> targets = kernels::simd_targets();
  return {{"version", SEQUENT_VERSION},
          {"compiler", compiler()},
          {"system", release},
          {"processor", proc_field("/proc/cpuinfo", "model name")},
          {"features", features()},
          {"simd", targets.front()},
          {"simd_available", fmt::format("{}", fmt::join(targets, " "))},
          {"cores", core_count()},
          {"threads", thread_count()},
          {"memory_bytes", memory_bytes("MemTotal")},
          {"memory_available_bytes", memory_bytes("MemAvailable")},
          {"libraries", SEQUENT_LIBRARIES},
          {"architectures", architecture_names()}};
}

}  // namespace sequent
