// The text of statements.
#pragma once

#include "sequent/text/jinja_evaluator.h"

namespace sequent::jinja {

class Renderer {
 public:
  Renderer(Context& context, Scopes& scopes) : context_(context), scopes_(scopes), evaluator_(context, scopes) {}

  std::string render(const Body& body);

  /// Where it is, for error messages.
  int line() const { return evaluator_.line(); }

 private:
  /// What follows a statement: the next one, or the next round of the loop, or what is behind the loop.
  enum class Flow { normal, next_round, leave };

  Flow execute(const Body& body);
  Flow execute(const TextOutput& statement);
  Flow execute(const Output& statement);
  Flow execute(const If& statement);
  Flow execute(const For& statement);
  Flow execute(const Break& statement);
  Flow execute(const Continue& statement);
  Flow execute(const Set& statement);
  Flow execute(const SetBlock& statement);
  Flow execute(const FilterBlock& statement);
  Flow execute(const Marked& statement);
  Flow execute(const Macro& statement);

  std::vector<Value> selected(const For& statement, std::vector<Value> items);
  void assign(const Target& target, const Value& value);
  /// The text of a body, with names of its own, and how it ended.
  std::pair<Value, Flow> capture(const Body& body, bool closed, const std::function<void()>& prepare);
  Value call(const Macro& macro, const Arguments& arguments);
  void bind(const Macro& macro, const Arguments& arguments);

  Context& context_;
  Scopes& scopes_;
  Evaluator evaluator_;
  TextBuilder* out_ = nullptr;
};

}  // namespace sequent::jinja
