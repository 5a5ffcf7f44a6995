// A config.json of any layout: what is read must be a model whose sizes can be counted, or an Error.
#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/base/json.h"
#include "sequent/models/encoder_decoder_family.h"
#include "sequent/models/language_model.h"
#include "sequent/models/layout.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const nlohmann::json json = sequent::parse_json(text, "input");
    if (!json.is_object()) return 0;
    if (const auto type = json.find("model_type"); type != json.end() && type->is_string()) {
      if (const auto* family = sequent::find_encoder_decoder_family_of(type->get_ref<const std::string&>())) {
        sequent::validate(family->read(json));
        return 0;
      }
    }
    const sequent::Layout& layout = sequent::layout_of_config(json);
    const sequent::LanguageModelConfig config = layout.read(json);
    sequent::validate(config);
    // Every layer is an object: a few of them show as much as many.
    if (config.blocks.size() <= 8) sequent::count_parameters(config);
    layout.write(config);
  } catch (const sequent::Error&) {
  }
  return 0;
}
