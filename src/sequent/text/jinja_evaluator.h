// The values of expressions.
#pragma once

#include "sequent/text/jinja_scopes.h"
#include "sequent/text/jinja_tree.h"

namespace sequent::jinja {

class Evaluator {
 public:
  Evaluator(Context& context, Scopes& scopes) : context_(context), scopes_(scopes) {}

  Value evaluate(const Expression& expression);
  /// With the text of a block as what its filters are applied to.
  Value filter(const Expression& filters, Value text);

  /// The line of the expression or statement that was looked at last, for error messages.
  int line() const { return line_; }
  void at_line(int line) { line_ = line; }

 private:
  Value compute(const Literal& node);
  Value compute(const Name& node);
  Value compute(const ListDisplay& node);
  Value compute(const MappingDisplay& node);
  Value compute(const AttributeOf& node);
  Value compute(const ItemOf& node);
  Value compute(const SliceOf& node);
  Value compute(const Call& node);
  Value compute(const Filtered& node);
  Value compute(const Tested& node);
  Value compute(const Not& node);
  Value compute(const Sign& node);
  Value compute(const Binary& node);
  Value compute(const Logical& node);
  Value compute(const Comparison& node);
  Value compute(const Concatenation& node);
  Value compute(const Conditional& node);
  Arguments evaluate(const ArgumentList& list);

  Context& context_;
  Scopes& scopes_;
  Value filtered_ = {None{}};
  int line_ = 1;
};

}  // namespace sequent::jinja
