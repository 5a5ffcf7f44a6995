#include "sequent/text/jinja_expression_parser.h"

#include <algorithm>

#include "sequent/base/error.h"
#include "sequent/base/parse_number.h"

namespace sequent::jinja {
namespace {

// Of one expression: brackets within brackets, and operators behind one another. It bounds the recursion of parsing, of
// computing and of freeing it.
constexpr int kMaximumDepth = 100;

int depth(const ExpressionPointer& expression) {
  return expression ? expression->depth : 0;
}

template <class Items>
int depth_of_all(const Items& items) {
  int deepest = 0;
  for (const auto& item : items) {
    if constexpr (requires { item.second; }) {
      deepest = std::max(deepest, depth(item.second));
      if constexpr (std::is_same_v<std::decay_t<decltype(item.first)>, ExpressionPointer>) {
        deepest = std::max(deepest, depth(item.first));
      }
    } else {
      deepest = std::max(deepest, depth(item));
    }
  }
  return deepest;
}

int depth_of_all(const ArgumentList& arguments) {
  return std::max({depth_of_all(arguments.positional), depth(arguments.unpacked), depth_of_all(arguments.keyword)});
}

struct DepthBelow {
  int operator()(const Literal&) const { return 0; }
  int operator()(const Name&) const { return 0; }
  int operator()(const ListDisplay& node) const { return depth_of_all(node.items); }
  int operator()(const MappingDisplay& node) const { return depth_of_all(node.entries); }
  int operator()(const AttributeOf& node) const { return depth(node.object); }
  int operator()(const ItemOf& node) const { return std::max(depth(node.object), depth(node.index)); }
  int operator()(const SliceOf& node) const {
    return std::max({depth(node.object), depth(node.begin), depth(node.end), depth(node.step)});
  }
  int operator()(const Call& node) const { return std::max(depth(node.callee), depth_of_all(node.arguments)); }
  int operator()(const Filtered& node) const { return std::max(depth(node.input), depth_of_all(node.arguments)); }
  int operator()(const Tested& node) const { return std::max(depth(node.input), depth_of_all(node.arguments)); }
  int operator()(const Not& node) const { return depth(node.operand); }
  int operator()(const Sign& node) const { return depth(node.operand); }
  int operator()(const Binary& node) const { return std::max(depth(node.left), depth(node.right)); }
  int operator()(const Logical& node) const { return depth_of_all(node.operands); }
  int operator()(const Comparison& node) const { return std::max(depth(node.first), depth_of_all(node.others)); }
  int operator()(const Concatenation& node) const { return depth_of_all(node.parts); }
  int operator()(const Conditional& node) const {
    return std::max({depth(node.condition), depth(node.yes), depth(node.no)});
  }
};

template <class Operator>
struct Symbol {
  std::string_view text;
  Operator apply;
};
constexpr Symbol<Comparer> kComparisons[] = {{"==", equal},  {"!=", not_equal},     {"<", less},
                                             {">", greater}, {"<=", less_or_equal}, {">=", greater_or_equal}};
constexpr Symbol<BinaryOperator> kSums[] = {{"+", add}, {"-", subtract}};
constexpr Symbol<BinaryOperator> kProducts[] = {{"*", multiply}, {"/", divide}, {"//", floor_divide}, {"%", modulo}};

template <class Symbols>
auto find_symbol(const Symbols& symbols, const Token& token) -> decltype(symbols[0].apply) {
  if (token.kind != TokenKind::symbol) return nullptr;
  for (const auto& symbol : symbols) {
    if (symbol.text == token.text) return symbol.apply;
  }
  return nullptr;
}

// What Jinja gives these names is outside the subset.
bool is_unsupported(std::string_view name) {
  static constexpr std::string_view kNames[] = {"caller", "cycler", "joiner", "kwargs",
                                                "lipsum", "self",   "super",  "varargs"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

bool begins_argument_of_test(const TokenStream& tokens) {
  switch (tokens.current().kind) {
    case TokenKind::name:
      return !tokens.is_name("else") && !tokens.is_name("or") && !tokens.is_name("and");
    case TokenKind::string:
    case TokenKind::integer:
    case TokenKind::real:
      return true;
    default:
      return tokens.is_symbol("[") || tokens.is_symbol("{");
  }
}

// Levels of brackets while it lives.
class Nesting {
 public:
  Nesting(int& level, const TokenStream& tokens) : level_(level) {
    if (level_ >= kMaximumDepth) tokens.refuse("an expression is nested deeper than {}", kMaximumDepth);
    ++level_;
  }
  ~Nesting() { --level_; }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;

 private:
  int& level_;
};

}  // namespace

Token TokenStream::take() {
  Token token = tokens_[at_];
  if (at_ + 1 < tokens_.size()) ++at_;
  return token;
}

bool TokenStream::take_symbol(std::string_view text) {
  if (!is_symbol(text)) return false;
  take();
  return true;
}

bool TokenStream::take_name(std::string_view text) {
  if (!is_name(text)) return false;
  take();
  return true;
}

std::string TokenStream::expect_name() {
  if (current().kind != TokenKind::name) refuse_current();
  return take().text;
}

void TokenStream::expect_symbol(std::string_view text) {
  if (!take_symbol(text)) refuse("'{}' is expected, got '{}'", text, current().text);
}

void TokenStream::expect(TokenKind kind, std::string_view what) {
  if (current().kind != kind) refuse("'{}' is expected, got '{}'", what, current().text);
  take();
}

void TokenStream::refuse_current() const {
  if (current().kind == TokenKind::output_end || current().kind == TokenKind::block_end) {
    refuse("something is missing before the end of the mark");
  }
  refuse("unexpected '{}'", current().text);
}

void TokenStream::refuse_with(const std::string& why) const {
  fail("{}, line {}: {}", name_, current().line, why);
}

template <class Node>
ExpressionPointer ExpressionParser::make(int line, Node node) const {
  const int levels = 1 + DepthBelow()(node);
  if (levels > kMaximumDepth) tokens_.refuse("an expression is nested deeper than {}", kMaximumDepth);
  return std::make_unique<const Expression>(Expression{line, levels, std::move(node)});
}

ExpressionPointer ExpressionParser::parse() {
  const Nesting nesting(nesting_, tokens_);
  ExpressionPointer result = parse_or();
  while (tokens_.is_name("if")) {
    const int line = tokens_.take().line;
    ExpressionPointer condition = parse_or();
    ExpressionPointer otherwise = tokens_.take_name("else") ? parse() : nullptr;
    result = make(line, Conditional{std::move(condition), std::move(result), std::move(otherwise)});
  }
  return result;
}

ExpressionPointer ExpressionParser::parse_tuple() {
  const int line = tokens_.current().line;
  ExpressionPointer first = parse();
  if (!tokens_.is_symbol(",")) return first;
  std::vector<ExpressionPointer> items;
  items.push_back(std::move(first));
  while (tokens_.take_symbol(",")) {
    const TokenKind kind = tokens_.current().kind;
    if (kind == TokenKind::output_end || kind == TokenKind::block_end || tokens_.is_symbol(")")) break;
    items.push_back(parse());
  }
  return make(line, ListDisplay{SequenceKind::tuple, std::move(items)});
}

ExpressionPointer ExpressionParser::parse_or() {
  const int line = tokens_.current().line;
  std::vector<ExpressionPointer> operands;
  do {
    operands.push_back(parse_and());
  } while (tokens_.take_name("or"));
  return operands.size() == 1 ? std::move(operands[0]) : make(line, Logical{false, std::move(operands)});
}

ExpressionPointer ExpressionParser::parse_and() {
  const int line = tokens_.current().line;
  std::vector<ExpressionPointer> operands;
  do {
    operands.push_back(parse_not());
  } while (tokens_.take_name("and"));
  return operands.size() == 1 ? std::move(operands[0]) : make(line, Logical{true, std::move(operands)});
}

ExpressionPointer ExpressionParser::parse_not() {
  if (!tokens_.is_name("not")) return parse_comparison();
  const Nesting nesting(nesting_, tokens_);
  const int line = tokens_.take().line;
  return make(line, Not{parse_not()});
}

ExpressionPointer ExpressionParser::parse_comparison() {
  const int line = tokens_.current().line;
  ExpressionPointer first = parse_sum();
  std::vector<std::pair<Comparer, ExpressionPointer>> others;
  for (;;) {
    Comparer apply = find_symbol(kComparisons, tokens_.current());
    if (tokens_.is_name("in")) apply = is_in;
    const Token& next = tokens_.following();
    const bool negated = tokens_.is_name("not") && next.kind == TokenKind::name && next.text == "in";
    if (negated) {
      apply = is_not_in;
      tokens_.take();
    }
    if (apply == nullptr) break;
    tokens_.take();
    others.emplace_back(apply, parse_sum());
  }
  return others.empty() ? std::move(first) : make(line, Comparison{std::move(first), std::move(others)});
}

ExpressionPointer ExpressionParser::parse_sum() {
  ExpressionPointer left = parse_concatenation();
  while (const BinaryOperator apply = find_symbol(kSums, tokens_.current())) {
    const int line = tokens_.take().line;
    ExpressionPointer right = parse_concatenation();
    left = make(line, Binary{apply, std::move(left), std::move(right)});
  }
  return left;
}

ExpressionPointer ExpressionParser::parse_concatenation() {
  const int line = tokens_.current().line;
  std::vector<ExpressionPointer> parts;
  do {
    parts.push_back(parse_product());
  } while (tokens_.take_symbol("~"));
  return parts.size() == 1 ? std::move(parts[0]) : make(line, Concatenation{std::move(parts)});
}

ExpressionPointer ExpressionParser::parse_product() {
  ExpressionPointer left = parse_unary(true);
  while (const BinaryOperator apply = find_symbol(kProducts, tokens_.current())) {
    const int line = tokens_.take().line;
    ExpressionPointer right = parse_unary(true);
    left = make(line, Binary{apply, std::move(left), std::move(right)});
  }
  if (tokens_.is_symbol("**")) tokens_.refuse("the operator '**' is not supported");
  return left;
}

ExpressionPointer ExpressionParser::parse_unary(bool with_filters) {
  const int line = tokens_.current().line;
  ExpressionPointer result;
  if (tokens_.is_symbol("-") || tokens_.is_symbol("+")) {
    const Nesting nesting(nesting_, tokens_);
    const bool negative = tokens_.take().text == "-";
    result = make(line, Sign{negative, parse_unary(false)});
  } else {
    result = parse_primary();
  }
  result = parse_postfix(std::move(result));
  return with_filters ? parse_filters_and_tests(std::move(result)) : std::move(result);
}

ExpressionPointer ExpressionParser::parse_primary() {
  const int line = tokens_.current().line;
  switch (tokens_.current().kind) {
    case TokenKind::name: {
      std::string name = tokens_.take().text;
      if (name == "true" || name == "True") return make(line, Literal{{true}});
      if (name == "false" || name == "False") return make(line, Literal{{false}});
      if (is_unsupported(name)) tokens_.refuse("the name '{}' is not supported", name);
      if (name == "none" || name == "None") return make(line, Literal{{None{}}});
      return make(line, Name{std::move(name)});
    }
    case TokenKind::string: {
      std::string text;
      while (tokens_.current().kind == TokenKind::string) text += tokens_.take().text;
      return make(line, Literal{{std::make_shared<const std::string>(std::move(text))}});
    }
    case TokenKind::integer:
    case TokenKind::real:
      return make_number(tokens_.take());
    default:
      break;
  }
  if (tokens_.is_symbol("(")) return parse_brackets();
  if (tokens_.is_symbol("[")) return parse_list();
  if (tokens_.is_symbol("{")) return parse_mapping();
  tokens_.refuse_current();
}

ExpressionPointer ExpressionParser::make_number(const Token& token) const {
  if (token.kind == TokenKind::real) {
    const auto number = parse_number<double>(token.text);
    if (!number) tokens_.refuse("the number {} is out of range", token.text);
    return make(token.line, Literal{{*number}});
  }
  const auto number = parse_number<std::int64_t>(token.text);
  if (!number) tokens_.refuse("the number {} is beyond 64 bits", token.text);
  return make(token.line, Literal{{*number}});
}

ExpressionPointer ExpressionParser::parse_brackets() {
  const int line = tokens_.take().line;
  if (tokens_.take_symbol(")")) return make(line, ListDisplay{SequenceKind::tuple, {}});
  ExpressionPointer inside = parse_tuple();
  tokens_.expect_symbol(")");
  return inside;
}

ExpressionPointer ExpressionParser::parse_list() {
  const int line = tokens_.take().line;
  std::vector<ExpressionPointer> items;
  while (!tokens_.is_symbol("]")) {
    if (!items.empty()) tokens_.expect_symbol(",");
    if (tokens_.is_symbol("]")) break;
    items.push_back(parse());
  }
  tokens_.expect_symbol("]");
  return make(line, ListDisplay{SequenceKind::list, std::move(items)});
}

ExpressionPointer ExpressionParser::parse_mapping() {
  const int line = tokens_.take().line;
  std::vector<std::pair<ExpressionPointer, ExpressionPointer>> entries;
  while (!tokens_.is_symbol("}")) {
    if (!entries.empty()) tokens_.expect_symbol(",");
    if (tokens_.is_symbol("}")) break;
    ExpressionPointer key = parse();
    tokens_.expect_symbol(":");
    ExpressionPointer value = parse();
    entries.emplace_back(std::move(key), std::move(value));
  }
  tokens_.expect_symbol("}");
  return make(line, MappingDisplay{std::move(entries)});
}

ExpressionPointer ExpressionParser::parse_postfix(ExpressionPointer object) {
  for (;;) {
    if (tokens_.is_symbol(".")) {
      object = parse_attribute(std::move(object));
    } else if (tokens_.is_symbol("[")) {
      object = parse_item(std::move(object));
    } else if (tokens_.is_symbol("(")) {
      object = parse_call(std::move(object));
    } else {
      return object;
    }
  }
}

ExpressionPointer ExpressionParser::parse_filters_and_tests(ExpressionPointer input) {
  for (;;) {
    if (tokens_.take_symbol("|")) {
      input = parse_filter(std::move(input));
    } else if (tokens_.take_name("is")) {
      input = parse_test(std::move(input));
    } else if (tokens_.is_symbol("(")) {
      input = parse_call(std::move(input));
    } else {
      return input;
    }
  }
}

ExpressionPointer ExpressionParser::parse_attribute(ExpressionPointer object) {
  const int line = tokens_.take().line;
  if (tokens_.current().kind == TokenKind::integer) {
    ExpressionPointer index = make_number(tokens_.take());
    return make(line, ItemOf{std::move(object), std::move(index)});
  }
  return make(line, AttributeOf{std::move(object), tokens_.expect_name()});
}

ExpressionPointer ExpressionParser::parse_item(ExpressionPointer object) {
  const int line = tokens_.take().line;
  const auto bound = [&]() -> ExpressionPointer {
    return tokens_.is_symbol(":") || tokens_.is_symbol("]") ? nullptr : parse();
  };
  ExpressionPointer begin = bound();
  if (begin && tokens_.take_symbol("]")) return make(line, ItemOf{std::move(object), std::move(begin)});
  tokens_.expect_symbol(":");
  ExpressionPointer end = bound();
  ExpressionPointer step = tokens_.take_symbol(":") ? bound() : nullptr;
  tokens_.expect_symbol("]");
  return make(line, SliceOf{std::move(object), std::move(begin), std::move(end), std::move(step)});
}

ExpressionPointer ExpressionParser::parse_call(ExpressionPointer callee) {
  const int line = tokens_.current().line;
  ArgumentList arguments = parse_arguments();
  return make(line, Call{std::move(callee), std::move(arguments)});
}

ArgumentList ExpressionParser::parse_arguments() {
  ArgumentList arguments;
  tokens_.expect_symbol("(");
  for (bool first = true; !tokens_.is_symbol(")"); first = false) {
    if (!first) tokens_.expect_symbol(",");
    if (tokens_.is_symbol(")")) break;
    if (tokens_.is_symbol("**")) tokens_.refuse("unpacking arguments with '**' is not supported");
    const Token& next = tokens_.following();
    if (tokens_.current().kind == TokenKind::name && next.kind == TokenKind::symbol && next.text == "=") {
      std::string name = tokens_.take().text;
      tokens_.take();
      arguments.keyword.emplace_back(std::move(name), parse());
    } else if (arguments.unpacked || !arguments.keyword.empty()) {
      tokens_.refuse("an argument follows one that is unpacked or has a name");
    } else if (tokens_.take_symbol("*")) {
      arguments.unpacked = parse();
    } else {
      arguments.positional.push_back(parse());
    }
  }
  tokens_.expect_symbol(")");
  return arguments;
}

ExpressionPointer ExpressionParser::parse_filter(ExpressionPointer input) {
  const int line = tokens_.current().line;
  const std::string name = tokens_.expect_name();
  const Filter* filter = find_filter(name);
  if (filter == nullptr) tokens_.refuse("the filter '{}' is not supported; supported: {}", name, filter_names());
  ArgumentList arguments = tokens_.is_symbol("(") ? parse_arguments() : ArgumentList{};
  return make(line, Filtered{filter, std::move(input), std::move(arguments)});
}

ExpressionPointer ExpressionParser::parse_filters() {
  ExpressionPointer result;
  do {
    result = parse_filter(std::move(result));
  } while (tokens_.take_symbol("|"));
  return result;
}

ExpressionPointer ExpressionParser::parse_test(ExpressionPointer input) {
  const int line = tokens_.current().line;
  const bool negated = tokens_.take_name("not");
  const std::string name = tokens_.expect_name();
  const Predicate* predicate = find_predicate(name);
  if (predicate == nullptr) tokens_.refuse("the test '{}' is not supported; supported: {}", name, predicate_names());
  ArgumentList arguments;
  if (tokens_.is_symbol("(")) {
    arguments = parse_arguments();
  } else if (begins_argument_of_test(tokens_)) {
    if (tokens_.is_name("is")) tokens_.refuse("a test cannot follow a test");
    arguments.positional.push_back(parse_postfix(parse_primary()));
  }
  ExpressionPointer result = make(line, Tested{predicate, std::move(input), std::move(arguments)});
  return negated ? make(line, Not{std::move(result)}) : std::move(result);
}

}  // namespace sequent::jinja
