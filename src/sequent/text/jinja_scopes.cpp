#include "sequent/text/jinja_scopes.h"

namespace sequent::jinja {

Scopes::Scope::Scope(Scopes& scopes, bool closed)
    : scopes_(scopes), begin_(scopes.innermost_), barrier_(scopes.barrier_) {
  if (scopes.depth_++ == 0) scopes.outermost_end_ = scopes.variables_.size();
  scopes.innermost_ = scopes.variables_.size();
  if (closed) scopes.barrier_ = scopes.innermost_;
}

Scopes::Scope::~Scope() {
  scopes_.variables_.resize(scopes_.innermost_);
  scopes_.innermost_ = begin_;
  scopes_.barrier_ = barrier_;
  --scopes_.depth_;
}

const Value* Scopes::find(std::string_view name) const {
  const std::size_t size = variables_.size();
  std::size_t place = find_between(barrier_, size, name);
  if (place == size && barrier_ > 0) {
    place = find_between(0, outermost_end_, name);
    if (place == outermost_end_) return nullptr;
  }
  return place == size ? nullptr : &variables_[place].second;
}

void Scopes::set(std::string_view name, Value value) {
  const std::size_t place = find_between(innermost_, variables_.size(), name);
  if (place == variables_.size()) {
    variables_.emplace_back(name, std::move(value));
  } else {
    variables_[place].second = std::move(value);
  }
}

// The last of this name, else `end`.
std::size_t Scopes::find_between(std::size_t begin, std::size_t end, std::string_view name) const {
  context_.spend(static_cast<std::int64_t>((end - begin) / 16));
  for (std::size_t i = end; i > begin; --i) {
    if (variables_[i - 1].first == name) return i - 1;
  }
  return end;
}

}  // namespace sequent::jinja
