// Rendering a template without variables, for tests of the parts of the interpreter.
#pragma once

#include <string>
#include <string_view>

#include "sequent/text/jinja_functions.h"
#include "sequent/text/jinja_parser.h"
#include "sequent/text/jinja_renderer.h"
#include "tests/support/files.h"

namespace sequent::jinja {

inline std::string rendered(std::string_view source, const RenderLimits& limits = {}) {
  const Body body = parse_template(source, "test");
  Context context(limits);
  Scopes scopes(context);
  const auto all = functions(context, 0);
  for (const auto& [name, function] : all) scopes.set(name, function);
  return Renderer(context, scopes).render(body);
}

/// The sentence of the Error in parsing or rendering.
inline std::string refusal(std::string_view source, const RenderLimits& limits = {}) {
  return test::error_of([&] { rendered(source, limits); });
}

}  // namespace sequent::jinja
