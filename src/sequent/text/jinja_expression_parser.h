// Tokens to expressions.
#pragma once

#include <algorithm>
#include <utility>

#include "sequent/base/error.h"
#include "sequent/text/jinja_lexer.h"
#include "sequent/text/jinja_tree.h"

namespace sequent::jinja {

/// Tokens one after the other, for the parsers of expressions and of statements.
class TokenStream {
 public:
  TokenStream(std::vector<Token> tokens, std::string_view name) : tokens_(std::move(tokens)), name_(name) {}

  const Token& current() const { return tokens_[at_]; }
  /// The one after the current.
  const Token& following() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  Token take();

  bool is(TokenKind kind, std::string_view text) const { return current().kind == kind && current().text == text; }
  bool is_symbol(std::string_view text) const { return is(TokenKind::symbol, text); }
  bool is_name(std::string_view text) const { return is(TokenKind::name, text); }
  /// Takes the token if it is this one.
  bool take_symbol(std::string_view text);
  bool take_name(std::string_view text);

  std::string expect_name();
  void expect_symbol(std::string_view text);
  void expect(TokenKind kind, std::string_view what);

  template <class... Args>
  [[noreturn]] void refuse(fmt::format_string<Args...> format, Args&&... args) const {
    refuse_with(fmt::vformat(format, fmt::make_format_args(args...)));
  }
  /// "unexpected '...'"
  [[noreturn]] void refuse_current() const;

 private:
  [[noreturn]] void refuse_with(const std::string& why) const;

  std::vector<Token> tokens_;
  std::string_view name_;
  std::size_t at_ = 0;
};

class ExpressionParser {
 public:
  explicit ExpressionParser(TokenStream& tokens) : tokens_(tokens) {}

  ExpressionPointer parse();
  /// An expression, or a tuple of several without brackets.
  ExpressionPointer parse_tuple();
  /// Without "a if b else c".
  ExpressionPointer parse_or();
  /// name(arguments)|...: the filters of a block.
  ExpressionPointer parse_filters();

 private:
  ExpressionPointer parse_and();
  ExpressionPointer parse_not();
  ExpressionPointer parse_comparison();
  ExpressionPointer parse_sum();
  ExpressionPointer parse_concatenation();
  ExpressionPointer parse_product();
  ExpressionPointer parse_unary(bool with_filters);
  ExpressionPointer parse_primary();
  ExpressionPointer parse_postfix(ExpressionPointer object);
  ExpressionPointer parse_filters_and_tests(ExpressionPointer input);
  ExpressionPointer parse_brackets();
  ExpressionPointer parse_list();
  ExpressionPointer parse_mapping();
  ExpressionPointer parse_attribute(ExpressionPointer object);
  ExpressionPointer parse_item(ExpressionPointer object);
  ExpressionPointer parse_call(ExpressionPointer callee);
  ExpressionPointer parse_filter(ExpressionPointer input);
  ExpressionPointer parse_test(ExpressionPointer input);
  ArgumentList parse_arguments();
  ExpressionPointer make_number(const Token& token) const;

  template <class Node>
  ExpressionPointer make(int line, Node node) const;

  TokenStream& tokens_;
  int nesting_ = 0;
};

}  // namespace sequent::jinja
