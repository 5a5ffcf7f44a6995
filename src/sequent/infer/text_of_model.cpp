#include "sequent/infer/text_of_model.h"

#include "sequent/base/files.h"
#include "sequent/infer/gguf_tokenizer.h"
#include "sequent/models/gguf_model.h"

namespace sequent {

Tokenizer tokenizer_of_model(const std::filesystem::path& model) {
  return holds_gguf(model) ? read_gguf_tokenizer(model) : Tokenizer::load(model);
}

std::optional<ChatTemplateFile> chat_template_of_model(const std::filesystem::path& model, const Tokenizer& tokenizer) {
  if (!holds_gguf(model)) return read_chat_template(model);
  if (tokenizer.config().empty()) return {};
  return chat_template_in(tokenizer.config(), model.string());
}

ChatTemplateFile chat_template_of_model(const std::filesystem::path& model, const Tokenizer& tokenizer,
                                        const std::filesystem::path& file) {
  if (!holds_gguf(model)) return read_chat_template(file, model);
  return {read_text(file.string()), file.string(), special_tokens_in(tokenizer.config(), model.string())};
}

}  // namespace sequent
