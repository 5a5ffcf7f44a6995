// The variables of a rendering. Loops, macros and captured blocks have names of their own; a macro sees besides them
// only those of the template's outermost level, with the values they have when it is called.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sequent/text/jinja_context.h"

namespace sequent::jinja {

class Scopes {
 public:
  explicit Scopes(Context& context) : context_(context) {}

  /// Null if there is none of this name.
  const Value* find(std::string_view name) const;
  /// In the innermost scope. The name must outlive the scope.
  void set(std::string_view name, Value value);

  /// A scope within the innermost while it lives; a closed one sees through to the outermost only.
  class Scope {
   public:
    explicit Scope(Scopes& scopes, bool closed = false);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Scopes& scopes_;
    std::size_t begin_, barrier_;
  };

 private:
  std::size_t find_between(std::size_t begin, std::size_t end, std::string_view name) const;

  Context& context_;
  std::vector<std::pair<std::string_view, Value>> variables_;  // of all scopes, the outermost first
  std::size_t innermost_ = 0;                                  // where the innermost begins
  std::size_t barrier_ = 0;  // what lies before it and outside the outermost is hidden
  std::size_t outermost_end_ = 0;
  int depth_ = 0;
};

}  // namespace sequent::jinja
