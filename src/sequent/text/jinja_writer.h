// Values as text: as Python prints them, and as its json module writes them.
#pragma once

#include <optional>
#include <string>

#include "sequent/text/jinja_context.h"

namespace sequent::jinja {

/// str(value): strings as they are, everything else as write_literal() does; an undefined value is nothing.
void write_plain(TextBuilder& out, const Value& value);
/// repr(value): strings in quotes. Generators, functions and other objects without a literal form are an Error.
void write_literal(TextBuilder& out, const Value& value);

struct JsonStyle {
  std::optional<std::string> indent;  // of one level; without it everything is in one line
  std::string item_separator = ", ";
  std::string key_separator = ": ";
  bool ascii = false;  // characters beyond ASCII as \uXXXX
  bool sort_keys = false;
};
/// json.dumps(value, ...). What JSON cannot hold is an Error.
void write_json(TextBuilder& out, const Value& value, const JsonStyle& style);

/// str(value) as a string.
std::string plain(Context& context, const Value& value);

}  // namespace sequent::jinja
