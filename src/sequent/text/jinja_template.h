// Templates in the part of the Jinja language that chat templates are written in, see docs/chat_templates.md.
//
// They are rendered as Hugging Face renders them: a sandbox in which nothing can be changed, the newline after a block
// and the space before it removed (trim_blocks, lstrip_blocks), break and continue, JSON without escapes for HTML.
#pragma once

#include <cstdint>
#include <ctime>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace sequent {

/// What a rendering may use before it is given up with an Error.
struct RenderLimits {
  std::int64_t steps = 10'000'000;   // expressions, statements, elements of lists, and looking through text
  std::int64_t bytes = 256ll << 20;  // text and lists, all that is made on the way
  int nesting = 400;                 // of expressions, statements and macros
};

class JinjaTemplate {
 public:
  /// Reads a template; `name` stands in front of errors. A construct outside the subset is an Error that names it and
  /// its line.
  static JinjaTemplate parse(std::string_view source, std::string name);

  JinjaTemplate(JinjaTemplate&&) noexcept;
  JinjaTemplate& operator=(JinjaTemplate&&) noexcept;
  ~JinjaTemplate();

  /// The text for these variables, a JSON object. What strftime_now() shows is `now`, by default the present. May be
  /// called from several threads at once.
  std::string render(const nlohmann::ordered_json& variables, const RenderLimits& limits = {},
                     std::optional<std::time_t> now = {}) const;

 private:
  struct Parsed;
  explicit JinjaTemplate(std::unique_ptr<const Parsed> parsed);

  std::unique_ptr<const Parsed> parsed_;
};

}  // namespace sequent
