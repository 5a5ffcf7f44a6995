// Settings written once: a struct lists its fields, and files, `key=value` overrides, flags, help texts and the saved
// resolved configuration all go through that list.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sequent {

struct Field {
  using Value = std::variant<std::int64_t*, double*, bool*, std::string*, std::vector<std::string>*>;

  std::string_view name;
  std::string_view help;
  Value value;  // points into the struct
};

/// Gives the field the value written in `text`: "12", "1e-3", "true", words; a list is separated by commas. Integers
/// may end in K, M or G (powers of 1000). Text that is not such a value is an Error naming the field.
void set_field(const Field& field, std::string_view text);

/// The value as set_field reads it.
std::string field_text(const Field& field);

/// The value as a TOML value, strings quoted.
std::string field_toml(const Field& field);

/// The field of that name; an unknown one is an Error that suggests a known name close to it.
const Field& find_field(const std::vector<Field>& fields, std::string_view name);

/// "key = value" lines, each after its help as a comment.
std::string to_toml(const std::vector<Field>& fields);

}  // namespace sequent
