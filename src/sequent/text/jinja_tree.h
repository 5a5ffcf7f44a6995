// A parsed template: expressions, and the statements around them.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sequent/text/jinja_filters.h"
#include "sequent/text/jinja_operators.h"
#include "sequent/text/jinja_predicates.h"

namespace sequent::jinja {

struct Expression;
using ExpressionPointer = std::unique_ptr<const Expression>;

struct Literal {
  Value value;
};
struct Name {
  std::string name;
};
struct ListDisplay {
  SequenceKind kind;
  std::vector<ExpressionPointer> items;
};
struct MappingDisplay {
  std::vector<std::pair<ExpressionPointer, ExpressionPointer>> entries;
};
struct AttributeOf {
  ExpressionPointer object;
  std::string name;
};
struct ItemOf {
  ExpressionPointer object, index;
};
struct SliceOf {
  ExpressionPointer object, begin, end, step;  // the last three may be null
};
struct ArgumentList {
  std::vector<ExpressionPointer> positional;
  ExpressionPointer unpacked;  // *items, behind them; may be null
  std::vector<std::pair<std::string, ExpressionPointer>> keyword;
};
struct Call {
  ExpressionPointer callee;
  ArgumentList arguments;
};
struct Filtered {
  const Filter* filter;
  ExpressionPointer input;  // null: the text of the block that is filtered
  ArgumentList arguments;
};
struct Tested {
  const Predicate* predicate;
  ExpressionPointer input;
  ArgumentList arguments;
};
struct Not {
  ExpressionPointer operand;
};
struct Sign {
  bool negative;
  ExpressionPointer operand;
};
struct Binary {
  BinaryOperator apply;
  ExpressionPointer left, right;
};
/// Gives the first operand that decides, else the last.
struct Logical {
  bool all;  // and; else or
  std::vector<ExpressionPointer> operands;
};
/// a < b == c: each pair of neighbours is compared until one does not hold.
struct Comparison {
  ExpressionPointer first;
  std::vector<std::pair<Comparer, ExpressionPointer>> others;
};
struct Concatenation {
  std::vector<ExpressionPointer> parts;
};
struct Conditional {
  ExpressionPointer condition, yes, no;  // no may be null
};

struct Expression {
  int line;
  int depth;  // levels of expressions, this included
  std::variant<Literal, Name, ListDisplay, MappingDisplay, AttributeOf, ItemOf, SliceOf, Call, Filtered, Tested, Not,
               Sign, Binary, Logical, Comparison, Concatenation, Conditional>
      node;
};

/// What is assigned to: a name, an attribute of a namespace, or several of these.
struct Target {
  int line;
  std::string name;
  std::string attribute;        // of the namespace `name`
  std::vector<Target> several;  // instead of a name
};

struct Statement;
using Body = std::vector<Statement>;

struct TextOutput {
  std::string text;
};
struct Output {
  ExpressionPointer value;
};
struct If {
  struct Branch {
    ExpressionPointer condition;  // null: otherwise
    Body body;
  };
  std::vector<Branch> branches;
};
struct For {
  Target target;
  ExpressionPointer items;
  ExpressionPointer condition;  // may be null
  Body body, otherwise;
};
struct Break {};
struct Continue {};
struct Set {
  Target target;
  ExpressionPointer value;
};
/// {% set name %}...{% endset %}
struct SetBlock {
  Target target;
  ExpressionPointer filter;  // may be null
  Body body;
};
struct FilterBlock {
  ExpressionPointer filter;
  Body body;
};
/// {% generation %}, which marks what a model wrote, for training: its content is shown.
struct Marked {
  Body body;
};
struct Macro {
  struct Parameter {
    std::string name;
    ExpressionPointer otherwise;  // may be null
  };
  std::string name;
  std::vector<Parameter> parameters;
  Body body;
};

struct Statement {
  int line;
  std::variant<TextOutput, Output, If, For, Break, Continue, Set, SetBlock, FilterBlock, Marked, Macro> node;
};

}  // namespace sequent::jinja
