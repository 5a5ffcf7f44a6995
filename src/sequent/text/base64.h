// Base64 (RFC 4648, section 4), by which JSON holds bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sequent {

/// The bytes; nothing if the text is not base64, with or without its padding.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace sequent
