#include "sequent/checkpoint/pytorch.h"
#include "tests/fuzz/mapped_input.h"
#include "tests/fuzz/use_tensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const sequent::fuzz::MappedInput input(data, size);
  sequent::fuzz::use_tensors(sequent::read_pytorch, input.file);
  return 0;
}
