#include "sequent/checkpoint/gguf.h"

#include "tests/fuzz/mapped_input.h"
#include "tests/fuzz/use_tensors.h"

namespace {

// Every value, asked for as every type.
void use_values(const sequent::GgufMetadata& values) {
  const auto attempt = [](auto&& get) {
    try {
      get();
    } catch (const sequent::Error&) {
    }
  };
  for (const auto& entry : values.values()) {
    const std::string& key = entry.first;
    attempt([&] { values.integer(key); });
    attempt([&] { values.number(key); });
    attempt([&] { values.boolean(key); });
    attempt([&] { values.text(key); });
    attempt([&] { values.integers(key); });
    attempt([&] { values.numbers(key); });
    attempt([&] { values.texts(key); });
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const sequent::fuzz::MappedInput input(data, size);
  sequent::fuzz::use_tensors(sequent::read_gguf, input.file);
  try {
    const sequent::TensorFile file(sequent::read_gguf(input.file));
    sequent::gguf_parts(file);
    use_values(sequent::read_gguf_metadata(input.file->path()));
  } catch (const sequent::Error&) {
  }
  return 0;
}
