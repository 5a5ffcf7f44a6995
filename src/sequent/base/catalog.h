// Looking a name up in an explicit table of entries that have a `name`.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sequent/base/error.h"

namespace sequent {

/// "mamba, transformer": the names of a table.
template <class Entry>
std::string names_of(std::span<const Entry> entries) {
  std::string names;
  for (const Entry& entry : entries) names += (names.empty() ? "" : ", ") + std::string(entry.name);
  return names;
}

/// The entry called `name`; none is an Error that lists those there are.
template <class Entry>
const Entry& find_entry(std::string_view what, std::span<const Entry> entries, std::string_view name) {
  for (const Entry& entry : entries) {
    if (entry.name == name) return entry;
  }
  fail("{}: there is no '{}'; known are {}", what, name, names_of(entries));
}

}  // namespace sequent
