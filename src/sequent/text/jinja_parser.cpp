#include "sequent/text/jinja_parser.h"

#include <algorithm>
#include <initializer_list>

#include "sequent/base/error.h"
#include "sequent/text/jinja_expression_parser.h"

namespace sequent::jinja {
namespace {

constexpr std::size_t kMaximumSource = 1 << 20;
constexpr int kMaximumDepth = 50;

class Parser {
 public:
  Parser(std::vector<Token> tokens, std::string_view name) : tokens_(std::move(tokens), name), expressions_(tokens_) {}

  Body run() {
    Body body = parse_body({});
    if (tokens_.current().kind != TokenKind::end) tokens_.refuse_current();
    return body;
  }

 private:
  using Words = std::initializer_list<std::string_view>;

  // Up to a block that begins with one of `ends`, which stays: its word is the current token.
  Body parse_body(Words ends) {
    if (depth_ >= kMaximumDepth) tokens_.refuse("statements are nested deeper than {}", kMaximumDepth);
    ++depth_;
    Body body;
    for (;;) {
      const int line = tokens_.current().line;
      if (tokens_.current().kind == TokenKind::text) {
        body.push_back({line, TextOutput{tokens_.take().text}});
      } else if (tokens_.current().kind == TokenKind::output_begin) {
        tokens_.take();
        body.push_back({line, Output{expressions_.parse_tuple()}});
        tokens_.expect(TokenKind::output_end, "}}");
      } else if (tokens_.current().kind == TokenKind::block_begin) {
        tokens_.take();
        if (std::any_of(ends.begin(), ends.end(), [&](std::string_view end) { return tokens_.is_name(end); })) break;
        body.push_back(parse_statement());
        tokens_.expect(TokenKind::block_end, "%}");
      } else {
        if (ends.size() > 0) tokens_.refuse("'{}' is missing", std::data(ends)[ends.size() - 1]);
        break;
      }
    }
    --depth_;
    return body;
  }

  // The body of a block and its end.
  Body parse_block(Words ends) {
    tokens_.expect(TokenKind::block_end, "%}");
    Body body = parse_body(ends);
    return body;
  }
  Body parse_whole_block(std::string_view end) {
    Body body = parse_block({end});
    tokens_.take();
    return body;
  }

  Statement parse_statement() {
    struct Tag {
      std::string_view name;
      Statement (Parser::*parse)(int line);
    };
    static constexpr Tag kTags[] = {{"break", &Parser::parse_break},       {"continue", &Parser::parse_continue},
                                    {"filter", &Parser::parse_filter},     {"for", &Parser::parse_for},
                                    {"generation", &Parser::parse_marked}, {"if", &Parser::parse_if},
                                    {"macro", &Parser::parse_macro},       {"set", &Parser::parse_set}};
    if (tokens_.current().kind != TokenKind::name) tokens_.refuse_current();
    for (const Tag& tag : kTags) {
      if (tokens_.is_name(tag.name)) return (this->*tag.parse)(tokens_.take().line);
    }
    std::string names;
    for (const Tag& tag : kTags) names += fmt::format("{}{}", names.empty() ? "" : ", ", tag.name);
    tokens_.refuse("the statement '{}' is not supported here; supported: {}, raw", tokens_.current().text, names);
  }

  Statement parse_if(int line) {
    If statement;
    ExpressionPointer condition = expressions_.parse_tuple();
    for (;;) {
      Body body = parse_block({"elif", "else", "endif"});
      statement.branches.push_back({std::move(condition), std::move(body)});
      if (!tokens_.take_name("elif")) break;
      condition = expressions_.parse_tuple();
    }
    if (tokens_.take_name("else")) statement.branches.push_back({nullptr, parse_block({"endif"})});
    tokens_.take();
    return {line, std::move(statement)};
  }

  Statement parse_for(int line) {
    For statement;
    statement.target = parse_target();
    if (!tokens_.take_name("in")) tokens_.refuse("'in' is expected, got '{}'", tokens_.current().text);
    statement.items = expressions_.parse_or();
    if (tokens_.take_name("if")) statement.condition = expressions_.parse();
    if (tokens_.is_name("recursive")) tokens_.refuse("'recursive' is not supported");
    ++loops_;
    statement.body = parse_block({"else", "endfor"});
    --loops_;
    if (tokens_.take_name("else")) statement.otherwise = parse_block({"endfor"});
    tokens_.take();
    return {line, std::move(statement)};
  }

  Statement parse_break(int line) {
    if (loops_ == 0) tokens_.refuse("'break' is outside a loop");
    return {line, Break{}};
  }

  Statement parse_continue(int line) {
    if (loops_ == 0) tokens_.refuse("'continue' is outside a loop");
    return {line, Continue{}};
  }

  Statement parse_set(int line) {
    Target target = parse_target();
    if (tokens_.take_symbol("=")) {
      ExpressionPointer value = expressions_.parse_tuple();
      return {line, Set{std::move(target), std::move(value)}};
    }
    ExpressionPointer filter = tokens_.take_symbol("|") ? expressions_.parse_filters() : nullptr;
    if (!target.several.empty()) tokens_.refuse("a block cannot be assigned to several names");
    return {line, SetBlock{std::move(target), std::move(filter), parse_scope("endset")}};
  }

  Statement parse_filter(int line) {
    ExpressionPointer filter = expressions_.parse_filters();
    return {line, FilterBlock{std::move(filter), parse_scope("endfilter")}};
  }

  Statement parse_marked(int line) { return {line, Marked{parse_scope("endgeneration")}}; }

  // Names that are set in such a block are its own.
  Body parse_scope(std::string_view end) {
    ++scopes_;
    Body body = parse_whole_block(end);
    --scopes_;
    return body;
  }

  Statement parse_macro(int line) {
    if (loops_ > 0 || scopes_ > 0) tokens_.refuse("a macro within another block than 'if' is not supported");
    Macro macro;
    macro.name = tokens_.expect_name();
    tokens_.expect_symbol("(");
    while (!tokens_.is_symbol(")")) {
      if (!macro.parameters.empty()) tokens_.expect_symbol(",");
      std::string name = tokens_.expect_name();
      const bool has_default = tokens_.take_symbol("=");
      if (!has_default && !macro.parameters.empty() && macro.parameters.back().otherwise) {
        tokens_.refuse("a parameter without a default follows one with a default");
      }
      macro.parameters.push_back({std::move(name), has_default ? expressions_.parse() : nullptr});
    }
    tokens_.expect_symbol(")");
    macro.body = parse_scope("endmacro");
    return {line, std::move(macro)};
  }

  // a, b.c, (d, e)
  Target parse_target() {
    const int line = tokens_.current().line;
    std::vector<Target> targets;
    bool several = false;
    do {
      if (several && (tokens_.is_symbol("=") || tokens_.is_symbol(")") || tokens_.is_name("in"))) break;
      targets.push_back(parse_single_target());
    } while (tokens_.take_symbol(",") && (several = true));
    if (!several) return std::move(targets[0]);
    return {line, "", "", std::move(targets)};
  }

  Target parse_single_target() {
    const int line = tokens_.current().line;
    if (tokens_.take_symbol("(")) {
      if (depth_ >= kMaximumDepth) tokens_.refuse("statements are nested deeper than {}", kMaximumDepth);
      ++depth_;
      Target inner = parse_target();
      --depth_;
      tokens_.expect_symbol(")");
      return inner;
    }
    static constexpr std::string_view kConstants[] = {"true", "false", "none", "True", "False", "None"};
    if (std::find(std::begin(kConstants), std::end(kConstants), tokens_.current().text) != std::end(kConstants)) {
      tokens_.refuse("'{}' cannot be assigned to", tokens_.current().text);
    }
    Target target = {line, tokens_.expect_name(), "", {}};
    if (tokens_.take_symbol(".")) target.attribute = tokens_.expect_name();
    return target;
  }

  TokenStream tokens_;
  ExpressionParser expressions_;
  int depth_ = 0;
  int loops_ = 0;   // that 'break' could leave
  int scopes_ = 0;  // other blocks with names of their own
};

}  // namespace

Body parse_template(std::string_view source, std::string_view name) {
  check(source.size() <= kMaximumSource, "{}: a template may have {} bytes, got {}", name, kMaximumSource,
        source.size());
  return Parser(tokens_of(source, name), name).run();
}

}  // namespace sequent::jinja
