#include "sequent/text/jinja_evaluator.h"

#include <algorithm>

#include "sequent/base/error.h"
#include "sequent/text/jinja_access.h"
#include "sequent/text/jinja_writer.h"

namespace sequent::jinja {

Value Evaluator::evaluate(const Expression& expression) {
  const Context::Level level(context_);
  context_.spend(1);
  line_ = expression.line;
  return std::visit([&](const auto& node) { return compute(node); }, expression.node);
}

Value Evaluator::filter(const Expression& filters, Value text) {
  std::swap(filtered_, text);
  Value result = evaluate(filters);
  filtered_ = std::move(text);
  return result;
}

Arguments Evaluator::evaluate(const ArgumentList& list) {
  Arguments arguments;
  for (const ExpressionPointer& each : list.positional) arguments.positional.push_back(evaluate(*each));
  if (list.unpacked) {
    for (Value& item : items_of(context_, evaluate(*list.unpacked))) arguments.positional.push_back(std::move(item));
  }
  for (const auto& [name, each] : list.keyword) arguments.keyword.emplace_back(name, evaluate(*each));
  return arguments;
}

Value Evaluator::compute(const Literal& node) {
  return node.value;
}

Value Evaluator::compute(const Name& node) {
  const Value* found = scopes_.find(node.name);
  return found ? *found : undefined(fmt::format("'{}' is undefined", node.name));
}

Value Evaluator::compute(const ListDisplay& node) {
  std::vector<Value> items;
  for (const ExpressionPointer& item : node.items) items.push_back(evaluate(*item));
  return context_.list(std::move(items), node.kind);
}

Value Evaluator::compute(const MappingDisplay& node) {
  std::vector<std::pair<Text, Value>> entries;
  for (const auto& [key_expression, value_expression] : node.entries) {
    const Value key = evaluate(*key_expression);
    const Text* text = key.as<Text>();
    check(text != nullptr, "the keys of a mapping must be strings, got a {}", type_name(key));
    Value value = evaluate(*value_expression);
    context_.spend(static_cast<std::int64_t>(entries.size() / 8));
    const auto same =
        std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return *entry.first == **text; });
    if (same == entries.end()) {
      entries.emplace_back(*text, std::move(value));
    } else {
      same->second = std::move(value);
    }
  }
  return context_.mapping(std::move(entries));
}

Value Evaluator::compute(const AttributeOf& node) {
  return attribute(context_, evaluate(*node.object), node.name);
}

Value Evaluator::compute(const ItemOf& node) {
  const Value object = evaluate(*node.object);
  return subscript(context_, object, evaluate(*node.index));
}

Value Evaluator::compute(const SliceOf& node) {
  const Value object = evaluate(*node.object);
  const auto bound = [&](const ExpressionPointer& each) { return each ? evaluate(*each) : Value{None{}}; };
  const Value begin = bound(node.begin);
  const Value end = bound(node.end);
  return slice(context_, object, begin, end, bound(node.step));
}

Value Evaluator::compute(const Call& node) {
  const Value callee = evaluate(*node.callee);
  const Arguments arguments = evaluate(node.arguments);
  if (const auto* missing = callee.as<Undefined>()) fail("{}", *missing->why);
  check(callee.function() != nullptr, "a {} cannot be called", type_name(callee));
  return callee.function()->call(context_, arguments);
}

Value Evaluator::compute(const Filtered& node) {
  const Value input = node.input ? evaluate(*node.input) : filtered_;
  return node.filter->apply(context_, input, evaluate(node.arguments));
}

Value Evaluator::compute(const Tested& node) {
  const Value input = evaluate(*node.input);
  return {node.predicate->holds(context_, input, evaluate(node.arguments))};
}

Value Evaluator::compute(const Not& node) {
  return {!truthy(evaluate(*node.operand))};
}

Value Evaluator::compute(const Sign& node) {
  const Value value = evaluate(*node.operand);
  if (node.negative) return negate(value);
  return negate(negate(value));
}

Value Evaluator::compute(const Binary& node) {
  const Value left = evaluate(*node.left);
  return node.apply(context_, left, evaluate(*node.right));
}

Value Evaluator::compute(const Logical& node) {
  Value value = {None{}};
  for (const ExpressionPointer& operand : node.operands) {
    value = evaluate(*operand);
    if (truthy(value) != node.all) break;
  }
  return value;
}

Value Evaluator::compute(const Comparison& node) {
  Value left = evaluate(*node.first);
  for (const auto& [compare, expression] : node.others) {
    Value right = evaluate(*expression);
    if (!compare(context_, left, right)) return {false};
    left = std::move(right);
  }
  return {true};
}

Value Evaluator::compute(const Concatenation& node) {
  TextBuilder out(context_);
  for (const ExpressionPointer& part : node.parts) write_plain(out, evaluate(*part));
  return out.value();
}

Value Evaluator::compute(const Conditional& node) {
  if (truthy(evaluate(*node.condition))) return evaluate(*node.yes);
  return node.no ? evaluate(*node.no) : undefined("the condition does not hold, and there is no 'else'");
}

}  // namespace sequent::jinja
