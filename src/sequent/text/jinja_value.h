// The values that a Jinja template computes with: those of JSON, and what Python adds to them. Nothing can be changed
// but the attributes of a namespace, as in the sandbox in which chat templates are published to run.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace sequent::jinja {

class Context;
struct Arguments;
struct Sequence;
struct Mapping;
struct Namespace;
struct Loop;
struct Function;

/// A variable, key or attribute that is not there. It prints as nothing, is false and empty, and whatever else is done
/// with it is an Error with this sentence.
struct Undefined {
  std::shared_ptr<const std::string> why;
};
struct None {};
using Text = std::shared_ptr<const std::string>;  // valid UTF-8

struct Value {
  std::variant<Undefined, None, bool, std::int64_t, double, Text, std::shared_ptr<const Sequence>,
               std::shared_ptr<const Mapping>, Namespace*, std::shared_ptr<const Loop>, std::shared_ptr<const Function>>
      data;

  template <class T>
  const T* as() const {
    return std::get_if<T>(&data);
  }
  const std::string* text() const;
  const Sequence* sequence() const;
  const Mapping* mapping() const;
  const Loop* loop() const;
  const Function* function() const;
  bool is_undefined() const { return as<Undefined>() != nullptr; }
  bool is_none() const { return as<None>() != nullptr; }
};

/// Lists and Python's other sequences, which differ in what may be done with them.
enum class SequenceKind { list, tuple, range, view, generator };

struct Sequence {
  SequenceKind kind = SequenceKind::list;
  std::vector<Value> items;
  int depth = 1;  // levels of nesting, itself included
  /// A generator's items are handed out once.
  mutable std::size_t taken = 0;
};

struct Mapping {
  std::vector<std::pair<Text, Value>> entries;  // in order of insertion, keys unique
  int depth = 1;
};

/// What namespace() makes. It belongs to the rendering, so that it may hold itself.
struct Namespace {
  std::vector<std::pair<std::string, Value>> attributes;
};

/// The variable `loop`.
struct Loop {
  std::shared_ptr<const Sequence> items;
  std::int64_t index0 = 0;
};

/// A macro, a function of the environment, or a method with its receiver.
struct Function {
  std::string name;
  std::function<Value(Context&, const Arguments&)> call;
  int depth = 1;  // that of a method's receiver, and one more
};

Value undefined(std::string why);
/// Levels of lists and mappings within one another; 0 for what holds no other value.
int depth_of(const Value& value);
/// "string", "list", ...: for error messages.
std::string_view type_name(const Value& value);
bool truthy(const Value& value);

}  // namespace sequent::jinja
