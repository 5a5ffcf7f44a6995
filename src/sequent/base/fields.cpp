#include "sequent/base/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sequent/base/error.h"
#include "sequent/base/nearest_name.h"
#include "sequent/base/parse_number.h"

namespace sequent {
namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
// Clang before 17 does not deduce it by itself.
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

std::string_view name_of(const Field::Choice& choice) {
  return choice.names[*choice.value];
}

double parse_real(std::string_view name, std::string_view text) {
  const auto number = parse_number<double>(text);
  check(number && std::isfinite(*number), "{}: '{}' is not a number", name, text);
  return *number;
}

double suffix_factor(char suffix) {
  return suffix == 'K' || suffix == 'k' ? 1e3 : suffix == 'M' || suffix == 'm' ? 1e6 : suffix == 'G' ? 1e9 : 1;
}

std::int64_t parse_integer(std::string_view name, std::string_view text) {
  if (const auto integer = parse_number<std::int64_t>(text)) return *integer;
  // "1M", "2.5K", "1e6"
  const double factor = text.empty() ? 1 : suffix_factor(text.back());
  const auto parsed = parse_number<double>(text.substr(0, text.size() - (factor > 1 ? 1 : 0)));
  const double number = parsed.value_or(0) * factor;
  check(parsed && number == std::floor(number) && std::abs(number) < 9e18, "{}: '{}' is not a whole number", name,
        text);
  return static_cast<std::int64_t>(number);
}

// TOML tells a float from an integer by its point or exponent.
template <class Real>
std::string real_toml(Real value) {
  const std::string text = fmt::format("{}", value);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      result += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      result += c;
    }
  }
  return result + "\"";
}

}  // namespace

void set_field(const Field& field, std::string_view text) {
  std::visit(Overloaded{[&](std::int64_t* value) { *value = parse_integer(field.name, text); },
                        [&](double* value) { *value = parse_real(field.name, text); },
                        [&](float* value) { *value = static_cast<float>(parse_real(field.name, text)); },
                        [&](bool* value) {
                          check(text == "true" || text == "false", "{}: must be true or false, got '{}'", field.name,
                                text);
                          *value = text == "true";
                        },
                        [&](std::string* value) { *value = std::string(text); },
                        [&](std::vector<std::string>* value) {
                          value->clear();
                          while (!text.empty()) {
                            const std::size_t comma = std::min(text.find(','), text.size());
                            if (comma > 0) value->emplace_back(text.substr(0, comma));
                            text.remove_prefix(std::min(comma + 1, text.size()));
                          }
                        },
                        [&](const Field::Choice& choice) {
                          const auto found = std::find(choice.names.begin(), choice.names.end(), text);
                          check(found != choice.names.end(), "{}: must be one of {}, got '{}'", field.name,
                                fmt::join(choice.names, ", "), text);
                          *choice.value = static_cast<std::uint8_t>(found - choice.names.begin());
                        }},
             field.value);
}

std::string field_text(const Field& field) {
  return std::visit(
      Overloaded{[](const std::string* value) { return *value; },
                 [](const Field::Choice& choice) { return std::string(name_of(choice)); },
                 [](const std::vector<std::string>* value) { return fmt::format("{}", fmt::join(*value, ",")); },
                 [](const auto* value) { return fmt::format("{}", *value); }},
      field.value);
}

std::string field_toml(const Field& field) {
  return std::visit(Overloaded{[](const std::string* value) { return quoted(*value); },
                               [](const Field::Choice& choice) { return quoted(name_of(choice)); },
                               [](const std::vector<std::string>* value) {
                                 std::string list;
                                 for (const std::string& item : *value)
                                   list += (list.empty() ? "" : ", ") + quoted(item);
                                 return "[" + list + "]";
                               },
                               [](const double* value) { return real_toml(*value); },
                               [](const float* value) { return real_toml(*value); },
                               [](const auto* value) { return fmt::format("{}", *value); }},
                    field.value);
}

const Field& find_field(const std::vector<Field>& fields, std::string_view name) {
  std::vector<std::string_view> names;
  for (const Field& field : fields) {
    if (field.name == name) return field;
    names.push_back(field.name);
  }
  fail("there is no setting '{}'{}", name, did_you_mean(name, names));
}

std::string to_toml(const std::vector<Field>& fields) {
  std::string text;
  for (const Field& field : fields) {
    text += fmt::format("# {}\n{} = {}\n", field.help, field.name, field_toml(field));
  }
  return text;
}

}  // namespace sequent
