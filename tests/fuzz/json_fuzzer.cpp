#include "sequent/base/json.h"

#include <nlohmann/json.hpp>

#include "sequent/base/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const nlohmann::json json = sequent::parse_json(text, "input");
    sequent::parse_json(json.dump(), "what was read of it");
  } catch (const sequent::Error&) {
  }
  return 0;
}
