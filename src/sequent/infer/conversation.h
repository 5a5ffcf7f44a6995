// Talking with a model, turn by turn; what was said is carried in its state.
#pragma once

#include <string>
#include <string_view>

#include "sequent/base/function_ref.h"
#include "sequent/infer/generate.h"
#include "sequent/infer/session.h"

namespace sequent {

class Conversation {
 public:
  virtual ~Conversation() = default;

  /// The model's answer, which on_text receives in pieces. Its prompt_tokens are those that had to be read for it. An
  /// Error leaves the conversation as it was.
  virtual Generation answer(const std::string& message, const GenerateOptions& options,
                            FunctionRef<void(std::string_view)> on_text) = 0;

  /// Forgets what was said.
  virtual void reset() = 0;
  /// Writes the state as save_session() does.
  virtual void save(const std::string& path) const = 0;
  /// Goes on from what save() wrote.
  virtual void load(const std::string& path) = 0;

  virtual const Session& session() const = 0;
};

}  // namespace sequent
