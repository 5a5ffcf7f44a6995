// Settings written once: a struct lists its fields, and files, `key=value` overrides, flags, help texts and the saved
// resolved configuration all go through that list.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sequent {

struct Field {
  /// An enumeration of one byte, written as the name at its place.
  struct Choice {
    std::uint8_t* value;
    std::span<const std::string_view> names;
  };
  using Value = std::variant<std::int64_t*, double*, float*, bool*, std::string*, std::vector<std::string>*, Choice>;

  Field(std::string_view name_in, std::string_view help_in, Value value_in)
      : name(name_in), help(help_in), value(value_in) {}
  Field(std::string_view name_in, Value value_in) : name(name_in), value(value_in) {}

  std::string_view name;
  std::string_view help;
  Value value;  // points into the struct
  /// It says something about a model without changing what it computes.
  bool descriptive = false;
};

inline Field descriptive(std::string_view name, Field::Value value) {
  Field field(name, value);
  field.descriptive = true;
  return field;
}

/// The names are those of the enumeration's values 0, 1, 2...
template <class Enum>
Field::Choice choice(Enum& value, std::span<const std::string_view> names) {
  static_assert(sizeof(Enum) == 1);
  return {reinterpret_cast<std::uint8_t*>(&value), names};
}

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
