#include "sequent/base/error.h"
#include "tests/fuzz/use_tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    sequent::fuzz::use_tokenizer(
        sequent::Tokenizer::from_json(std::string(reinterpret_cast<const char*>(data), size), "input"));
  } catch (const sequent::Error&) {
  }
  return 0;
}
