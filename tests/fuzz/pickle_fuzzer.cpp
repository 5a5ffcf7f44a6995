// The pickle of a PyTorch file by itself: bytes that are no archive are put into one.
#include "sequent/checkpoint/pytorch.h"
#include "tests/fuzz/mapped_input.h"
#include "tests/fuzz/use_tensors.h"
#include "tests/support/zip.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string pickle(reinterpret_cast<const char*>(data), size);
  const std::string archive = sequent::test::make_zip({{"r/data.pkl", pickle}, {"r/data/0", std::string(96, '\1')}});
  const sequent::fuzz::MappedInput input(reinterpret_cast<const std::uint8_t*>(archive.data()), archive.size());
  sequent::fuzz::use_tensors(sequent::read_pytorch, input.file);
  return 0;
}
