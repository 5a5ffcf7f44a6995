// The arguments of a call, and matching them with the parameters of what is called.
#pragma once

#include <initializer_list>

#include "sequent/text/jinja_context.h"

namespace sequent::jinja {

struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> keyword;
};

/// Arguments by the place of their parameter. Too many, an unknown keyword, one given twice, or one of the first
/// `required` missing is an Error that names the function.
class Bound {
 public:
  Bound(std::string_view function, const Arguments& arguments, std::initializer_list<std::string_view> parameters,
        std::size_t required = 0);

  /// Null if it was not given.
  const Value* find(std::size_t place) const { return values_[place]; }
  const Value& at(std::size_t place) const { return *values_[place]; }

  const std::string& text(std::size_t place) const;
  std::int64_t integer(std::size_t place, std::int64_t otherwise) const;
  bool flag(std::size_t place) const;

 private:
  std::string_view function_;
  std::vector<std::string_view> parameters_;
  std::vector<const Value*> values_;
};

}  // namespace sequent::jinja
