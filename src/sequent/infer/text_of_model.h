// How a model reads text: the tokenizer and the chat template of its directory, or in its GGUF file.
#pragma once

#include <filesystem>
#include <optional>

#include "sequent/text/chat_template_file.h"
#include "sequent/text/tokenizer.h"

namespace sequent {

Tokenizer tokenizer_of_model(const std::filesystem::path& model);

/// The chat template of a model with this tokenizer; nothing if there is none.
std::optional<ChatTemplateFile> chat_template_of_model(const std::filesystem::path& model, const Tokenizer& tokenizer);

/// A template from elsewhere, with the special tokens of the model.
ChatTemplateFile chat_template_of_model(const std::filesystem::path& model, const Tokenizer& tokenizer,
                                        const std::filesystem::path& file);

}  // namespace sequent
