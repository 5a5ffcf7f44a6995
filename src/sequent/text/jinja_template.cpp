#include "sequent/text/jinja_template.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "sequent/base/error.h"
#include "sequent/text/jinja_context.h"
#include "sequent/text/jinja_functions.h"
#include "sequent/text/jinja_parser.h"
#include "sequent/text/jinja_renderer.h"

namespace sequent {

struct JinjaTemplate::Parsed {
  std::string name;
  jinja::Body body;
};

JinjaTemplate::JinjaTemplate(std::unique_ptr<const Parsed> parsed) : parsed_(std::move(parsed)) {}
JinjaTemplate::JinjaTemplate(JinjaTemplate&&) noexcept = default;
JinjaTemplate& JinjaTemplate::operator=(JinjaTemplate&&) noexcept = default;
JinjaTemplate::~JinjaTemplate() = default;

JinjaTemplate JinjaTemplate::parse(std::string_view source, std::string name) {
  jinja::Body body = jinja::parse_template(source, name);
  return JinjaTemplate(std::make_unique<const Parsed>(Parsed{std::move(name), std::move(body)}));
}

std::string JinjaTemplate::render(const nlohmann::ordered_json& variables, const RenderLimits& limits,
                                  std::optional<std::time_t> now) const {
  check(variables.is_object(), "{}: the variables must be a JSON object, got {}", parsed_->name, variables.type_name());
  jinja::Context context(limits);
  jinja::Scopes scopes(context);
  jinja::Renderer renderer(context, scopes);
  try {
    const auto functions = jinja::functions(context, now.value_or(std::time(nullptr)));
    for (const auto& [name, function] : functions) scopes.set(name, function);
    for (const auto& [name, value] : variables.items()) scopes.set(name, context.from_json(value));
    return renderer.render(parsed_->body);
  } catch (const Error& error) {
    fail("{}, line {}: {}", parsed_->name, renderer.line(), error.what());
  }
}

}  // namespace sequent
