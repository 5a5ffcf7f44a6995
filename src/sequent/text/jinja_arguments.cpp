#include "sequent/text/jinja_arguments.h"

#include <algorithm>

#include "sequent/base/error.h"
#include "sequent/text/jinja_operators.h"

namespace sequent::jinja {

Bound::Bound(std::string_view function, const Arguments& arguments, std::initializer_list<std::string_view> parameters,
             std::size_t required)
    : function_(function), parameters_(parameters), values_(parameters.size()) {
  check(arguments.positional.size() <= parameters_.size(), "{}: takes {} arguments, got {}", function,
        parameters_.size(), arguments.positional.size());
  for (std::size_t i = 0; i < arguments.positional.size(); ++i) values_[i] = &arguments.positional[i];
  for (const auto& [name, value] : arguments.keyword) {
    const auto place = std::find(parameters_.begin(), parameters_.end(), name);
    check(place != parameters_.end(), "{}: the argument '{}' is not supported", function, name);
    const Value*& slot = values_[static_cast<std::size_t>(place - parameters_.begin())];
    check(slot == nullptr, "{}: the argument '{}' is given twice", function, name);
    slot = &value;
  }
  for (std::size_t i = 0; i < required; ++i) {
    check(values_[i] != nullptr, "{}: the argument '{}' is missing", function, parameters_[i]);
  }
}

const std::string& Bound::text(std::size_t place) const {
  const std::string* text = at(place).text();
  check(text != nullptr, "{}: {} must be a string, got a {}", function_, parameters_[place], type_name(at(place)));
  return *text;
}

std::int64_t Bound::integer(std::size_t place, std::int64_t otherwise) const {
  if (find(place) == nullptr) return otherwise;
  std::int64_t storage;
  const std::int64_t* whole = jinja::integer(at(place), storage);
  check(whole != nullptr, "{}: {} must be an integer, got a {}", function_, parameters_[place], type_name(at(place)));
  return *whole;
}

bool Bound::flag(std::size_t place) const {
  return find(place) != nullptr && truthy(at(place));
}

}  // namespace sequent::jinja
