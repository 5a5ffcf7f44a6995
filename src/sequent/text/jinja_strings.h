// Strings as Python has them: sequences of characters, not bytes, with Unicode's idea of space and of letters.
// Texts are valid UTF-8 throughout.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sequent::jinja {

std::int64_t character_count(std::string_view text);
/// The byte at which the character `index` begins, from 0 to character_count(): the end of the text.
std::size_t character_start(std::string_view text, std::int64_t index);
/// The byte at which each character begins, and text.size().
std::vector<std::size_t> character_starts(std::string_view text);

/// str.isspace() of Python.
bool is_space(std::int32_t code_point);

/// Removes the characters of `set` at the ends asked for.
std::string_view strip(std::string_view text, std::string_view set, bool left, bool right);
/// The same with white space.
std::string_view strip_space(std::string_view text, bool left = true, bool right = true);

/// At white space, which no part holds; after `limit` cuts (if not negative) the rest is one part.
std::vector<std::string_view> split_at_space(std::string_view text, std::int64_t limit);
/// At a separator that is not empty.
std::vector<std::string_view> split(std::string_view text, std::string_view separator, std::int64_t limit);
/// The same with the cuts counted from the end.
std::vector<std::string_view> split_from_right(std::string_view text, std::string_view separator, std::int64_t limit);
/// At line ends, which are left out.
std::vector<std::string_view> split_lines(std::string_view text);

/// By the simple mappings of Unicode, one character for one.
std::string upper(std::string_view text);
std::string lower(std::string_view text);
/// The first letter of each run of letters in upper case, the others in lower case.
std::string title(std::string_view text);
/// The same by words, which follow white space or one of "-({[<".
std::string title_words(std::string_view text);
/// The first character in upper case, the others in lower case.
std::string capitalize(std::string_view text);

/// Whether str.isprintable() of Python holds for the character.
bool is_printable(std::int32_t code_point);

}  // namespace sequent::jinja
