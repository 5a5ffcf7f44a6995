// What a rendering may use. A template comes with a model from anywhere, so the work and the memory that it asks for
// are counted, and a template that asks for more ends in an Error.
#pragma once

#include <cstdint>
#include <ctime>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sequent/text/jinja_template.h"
#include "sequent/text/jinja_value.h"

namespace sequent::jinja {

class Context {
 public:
  explicit Context(const RenderLimits& limits) : limits_(limits) {}
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const RenderLimits& limits() const { return limits_; }

  /// Counts work: a step for each expression, statement and element.
  void spend(std::int64_t steps);
  /// Counts the work of looking through `bytes` of text.
  void scan(std::size_t bytes) { spend(1 + static_cast<std::int64_t>(bytes / 64)); }
  /// The same of looking for `needle` at every place of `haystack`.
  void search(std::string_view haystack, std::string_view needle);
  /// Counts memory, that of values which are gone already included.
  void allocate(std::int64_t bytes);

  Value text(std::string text);
  Value text(std::string_view part) { return text(std::string(part)); }
  Value list(std::vector<Value> items, SequenceKind kind = SequenceKind::list);
  Value mapping(std::vector<std::pair<Text, Value>> entries);
  Value name_space(std::vector<std::pair<std::string, Value>> attributes);
  Value function(Function function);

  /// A JSON value; invalid UTF-8 in it is replaced by U+FFFD.
  Value from_json(const nlohmann::ordered_json& json);

  /// Counts nesting while it lives: of expressions, statements and macros being computed.
  class Level {
   public:
    explicit Level(Context& context);
    ~Level() { --context_.level_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Context& context_;
  };

 private:
  RenderLimits limits_;
  std::int64_t steps_ = 0;
  std::int64_t bytes_ = 0;
  int level_ = 0;
  std::deque<Namespace> namespaces_;
};

/// Text that is counted while it grows.
class TextBuilder {
 public:
  explicit TextBuilder(Context& context) : context_(context) {}

  void append(std::string_view text) {
    context_.allocate(static_cast<std::int64_t>(text.size()));
    text_ += text;
  }
  Context& context() { return context_; }
  std::string take() { return std::move(text_); }
  /// The text as a value; it has been counted.
  Value value() { return {std::make_shared<const std::string>(std::move(text_))}; }

 private:
  Context& context_;
  std::string text_;
};

/// The value of `key`, or null. Counts the search.
const Value* find(Context& context, const Mapping& mapping, std::string_view key);

}  // namespace sequent::jinja
