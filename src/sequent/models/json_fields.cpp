#include "sequent/models/json_fields.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <type_traits>

namespace sequent {
namespace {

using Json = nlohmann::json;

// The shortest decimals that mean this number, not those of its double.
double shortest(float value) {
  return std::strtod(fmt::format("{}", value).c_str(), nullptr);
}

// JSON has no infinity: it is written as a string.
Json json_of_float(float value) {
  return std::isinf(value) ? Json(value > 0 ? "Infinity" : "-Infinity") : Json(shortest(value));
}

// What `action` refuses is said of the file.
template <class Action>
decltype(auto) in_config(const Action& action) {
  try {
    return action();
  } catch (const Error& error) {
    fail("config.json: {}", error.what());
  }
}

}  // namespace

float number_of(const Json& value, const char* key) {
  const Json& text = value.is_object() && value.contains("__float__") ? value["__float__"] : value;
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (text == "Infinity" || text == "inf") return kInfinity;
  if (text == "-Infinity" || text == "-inf") return -kInfinity;
  return value_of<float>(value, key);
}

void shorten_floats(Json& json) {
  if (json.is_structured()) {
    for (Json& part : json) shorten_floats(part);
  } else if (json.is_number_float()) {
    const auto number = static_cast<float>(json.get<double>());
    if (number == json.get<double>()) json = shortest(number);
  }
}

Json json_of(const std::vector<Field>& fields) {
  Json object = Json::object();
  for (const Field& field : fields) {
    object[std::string(field.name)] = std::visit(
        [&](const auto& value) -> Json {
          using Value = std::decay_t<decltype(value)>;
          if constexpr (std::is_same_v<Value, Field::Choice>) {
            return field_text(field);
          } else if constexpr (std::is_same_v<Value, float*>) {
            return json_of_float(*value);
          } else {
            return *value;
          }
        },
        field.value);
  }
  return object;
}

void read_fields(const Json& object, const std::vector<Field>& fields) {
  for (const auto& item : object.items()) {
    // Not a structured binding: clang 14 does not capture one.
    const std::string& key = item.key();
    const Json& json = item.value();
    const Field& field = in_config([&]() -> const Field& { return find_field(fields, key); });
    if (json.is_null()) continue;
    std::visit(
        [&](const auto& value) {
          using Value = std::decay_t<decltype(value)>;
          if constexpr (std::is_same_v<Value, Field::Choice>) {
            const auto text = value_of<std::string>(json, key.c_str());
            in_config([&] { set_field(field, text); });
          } else if constexpr (std::is_same_v<Value, float*>) {
            *value = number_of(json, key.c_str());
          } else {
            *value = value_of<std::remove_pointer_t<Value>>(json, key.c_str());
          }
        },
        field.value);
  }
}

}  // namespace sequent
