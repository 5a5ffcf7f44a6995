#include "sequent/text/jinja_renderer.h"

#include <algorithm>

#include "sequent/base/error.h"
#include "sequent/text/jinja_access.h"
#include "sequent/text/jinja_writer.h"

namespace sequent::jinja {

std::string Renderer::render(const Body& body) {
  TextBuilder out(context_);
  out_ = &out;
  execute(body);
  return out.take();
}

Renderer::Flow Renderer::execute(const Body& body) {
  const Context::Level level(context_);
  for (const Statement& statement : body) {
    context_.spend(1);
    evaluator_.at_line(statement.line);
    const Flow flow = std::visit([&](const auto& node) { return execute(node); }, statement.node);
    if (flow != Flow::normal) return flow;
  }
  return Flow::normal;
}

Renderer::Flow Renderer::execute(const TextOutput& statement) {
  out_->append(statement.text);
  return Flow::normal;
}

Renderer::Flow Renderer::execute(const Output& statement) {
  write_plain(*out_, evaluator_.evaluate(*statement.value));
  return Flow::normal;
}

Renderer::Flow Renderer::execute(const If& statement) {
  for (const If::Branch& branch : statement.branches) {
    if (!branch.condition || truthy(evaluator_.evaluate(*branch.condition))) return execute(branch.body);
  }
  return Flow::normal;
}

Renderer::Flow Renderer::execute(const Break&) {
  return Flow::leave;
}

Renderer::Flow Renderer::execute(const Continue&) {
  return Flow::next_round;
}

// The condition of a loop is asked before the first round: loop.length counts what it lets through.
std::vector<Value> Renderer::selected(const For& statement, std::vector<Value> items) {
  if (!statement.condition) return items;
  std::erase_if(items, [&](const Value& item) {
    const Scopes::Scope scope(scopes_);
    assign(statement.target, item);
    return !truthy(evaluator_.evaluate(*statement.condition));
  });
  return items;
}

Renderer::Flow Renderer::execute(const For& statement) {
  const Value items = context_.list(selected(statement, items_of(context_, evaluator_.evaluate(*statement.items))));
  const auto loop = std::make_shared<Loop>(Loop{*items.as<std::shared_ptr<const Sequence>>(), 0});
  for (const Value& item : loop->items->items) {
    context_.spend(1);
    const Scopes::Scope scope(scopes_);
    scopes_.set("loop", {std::shared_ptr<const Loop>(loop)});
    evaluator_.at_line(statement.target.line);
    assign(statement.target, item);
    if (execute(statement.body) == Flow::leave) break;
    ++loop->index0;
  }
  if (!loop->items->items.empty()) return Flow::normal;
  const Scopes::Scope scope(scopes_);
  return execute(statement.otherwise);
}

void Renderer::assign(const Target& target, const Value& value) {
  if (!target.several.empty()) {
    const std::vector<Value> items = items_of(context_, value);
    check(items.size() == target.several.size(), "{} values cannot be assigned to {} names", items.size(),
          target.several.size());
    for (std::size_t i = 0; i < items.size(); ++i) assign(target.several[i], items[i]);
    return;
  }
  if (target.attribute.empty()) return scopes_.set(target.name, value);
  const Value* object = scopes_.find(target.name);
  const auto* space = object ? object->as<Namespace*>() : nullptr;
  check(space != nullptr, "only attributes of a namespace can be assigned to, and '{}' is none", target.name);
  auto& attributes = (*space)->attributes;
  context_.spend(static_cast<std::int64_t>(attributes.size() / 8));
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [&](const auto& each) { return each.first == target.attribute; });
  if (found == attributes.end()) {
    attributes.emplace_back(target.attribute, value);
  } else {
    found->second = value;
  }
}

Renderer::Flow Renderer::execute(const Set& statement) {
  const Value value = evaluator_.evaluate(*statement.value);
  evaluator_.at_line(statement.target.line);
  assign(statement.target, value);
  return Flow::normal;
}

std::pair<Value, Renderer::Flow> Renderer::capture(const Body& body, bool closed,
                                                   const std::function<void()>& prepare) {
  TextBuilder text(context_);
  TextBuilder* const outside = std::exchange(out_, &text);
  const Scopes::Scope scope(scopes_, closed);
  prepare();
  const Flow flow = execute(body);
  out_ = outside;
  return {text.value(), flow};
}

Renderer::Flow Renderer::execute(const SetBlock& statement) {
  auto [text, flow] = capture(statement.body, false, [] {});
  if (flow != Flow::normal) return flow;
  assign(statement.target, statement.filter ? evaluator_.filter(*statement.filter, std::move(text)) : text);
  return Flow::normal;
}

Renderer::Flow Renderer::execute(const FilterBlock& statement) {
  auto [text, flow] = capture(statement.body, false, [] {});
  if (flow != Flow::normal) return flow;
  write_plain(*out_, evaluator_.filter(*statement.filter, std::move(text)));
  return Flow::normal;
}

Renderer::Flow Renderer::execute(const Marked& statement) {
  const Scopes::Scope scope(scopes_);
  return execute(statement.body);
}

Renderer::Flow Renderer::execute(const Macro& macro) {
  const auto run = [this, &macro](Context&, const Arguments& arguments) { return call(macro, arguments); };
  scopes_.set(macro.name, context_.function({.name = macro.name, .call = run}));
  return Flow::normal;
}

Value Renderer::call(const Macro& macro, const Arguments& arguments) {
  const Context::Level level(context_);
  return capture(macro.body, true, [&] { bind(macro, arguments); }).first;
}

void Renderer::bind(const Macro& macro, const Arguments& arguments) {
  const std::vector<Macro::Parameter>& parameters = macro.parameters;
  check(arguments.positional.size() <= parameters.size(), "{}: takes {} arguments, got {}", macro.name,
        parameters.size(), arguments.positional.size());
  for (const auto& keyword : arguments.keyword) {
    const std::string& name = keyword.first;
    const auto parameter =
        std::find_if(parameters.begin(), parameters.end(), [&](const auto& each) { return each.name == name; });
    check(parameter != parameters.end(), "{}: there is no parameter '{}'", macro.name, name);
    check(parameter - parameters.begin() >= static_cast<std::ptrdiff_t>(arguments.positional.size()),
          "{}: the argument '{}' is given twice", macro.name, name);
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Macro::Parameter& parameter = parameters[i];
    if (i < arguments.positional.size()) {
      scopes_.set(parameter.name, arguments.positional[i]);
      continue;
    }
    const auto given = std::find_if(arguments.keyword.begin(), arguments.keyword.end(),
                                    [&](const auto& each) { return each.first == parameter.name; });
    if (given != arguments.keyword.end()) {
      scopes_.set(parameter.name, given->second);
    } else if (parameter.otherwise) {
      scopes_.set(parameter.name, evaluator_.evaluate(*parameter.otherwise));
    } else {
      scopes_.set(parameter.name, undefined(fmt::format("parameter '{}' was not provided", parameter.name)));
    }
  }
}

}  // namespace sequent::jinja
