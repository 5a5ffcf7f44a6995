// Templates for a conversation with everything in it. They may use little, so that hostile ones end soon.
#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/text/jinja_template.h"

namespace {

nlohmann::ordered_json conversation() {
  return nlohmann::ordered_json::parse(R"({
    "messages": [{"role": "system", "content": "Be terse."}, {"role": "user", "content": " Hé, how's it?\n "},
                 {"role": "assistant", "content": null, "tool_calls": [{"id": "abcdefghi", "type": "function",
                  "function": {"name": "f", "arguments": {"x": [1, 2.5, true, null]}}}]},
                 {"role": "tool", "content": "5", "tool_call_id": "abcdefghi"}],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}],
    "documents": [{"title": "t", "text": "x"}], "bos_token": "<s>", "eos_token": "</s>", "add_generation_prompt": true})");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const nlohmann::ordered_json variables = conversation();
  try {
    const std::string_view source(reinterpret_cast<const char*>(data), size);
    sequent::JinjaTemplate::parse(source, "input").render(variables, {.steps = 200'000, .bytes = 8 << 20}, 0);
  } catch (const sequent::Error&) {
  }
  return 0;
}
