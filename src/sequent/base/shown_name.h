// Names from files we did not write, made fit for an error message.
#pragma once

#include <string>
#include <string_view>

namespace sequent {

/// A name for an error message: quoted, control characters replaced, cut when very long.
std::string shown_name(std::string_view name);

}  // namespace sequent
