#include "sequent/text/jinja_lexer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "sequent/base/error.h"
#include "sequent/text/jinja_strings.h"
#include "sequent/text/utf8.h"

namespace sequent::jinja {
namespace {

// The longer ones first.
constexpr std::string_view kSymbols[] = {"//", "**", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "(",
                                         ")",  "[",  "]",  "{",  "}",  "<",  ">", "=", ".", ":", "|", ",", ";"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_name_start(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_name(char c) {
  return is_name_start(c) || is_digit(c);
}

// Line ends as '\n', and one at the very end left out.
std::string normalized(std::string_view source) {
  std::string text;
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] != '\r') {
      text += source[i];
      continue;
    }
    text += '\n';
    if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
  }
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

class Lexer {
 public:
  Lexer(std::string source, std::string_view name) : source_(std::move(source)), name_(name) {}

  std::vector<Token> run() {
    while (at_ < source_.size()) read_outside();
    add(TokenKind::end, "");
    return std::move(tokens_);
  }

 private:
  template <class... Args>
  [[noreturn]] void refuse(fmt::format_string<Args...> format, Args&&... args) const {
    const std::string why = fmt::vformat(format, fmt::make_format_args(args...));
    fail("{}, line {}: {}", name_, line_, why);
  }

  std::string_view rest() const { return std::string_view(source_).substr(at_); }

  void advance(std::size_t count) {
    const auto begin = source_.begin() + static_cast<std::ptrdiff_t>(at_);
    line_ += static_cast<int>(std::count(begin, begin + static_cast<std::ptrdiff_t>(count), '\n'));
    at_ += count;
  }

  void add(TokenKind kind, std::string text) { tokens_.push_back({kind, std::move(text), line_}); }

  // The text up to the next mark, and what that begins.
  void read_outside() {
    std::size_t mark = at_;
    do {
      mark = source_.find('{', mark);
    } while (mark != source_.npos && !(mark + 1 < source_.size() && is_mark(source_[mark + 1])) && ++mark);
    if (mark == source_.npos) {
      add(TokenKind::text, source_.substr(at_));
      advance(source_.size() - at_);
      return;
    }
    const char kind = source_[mark + 1];
    const char sign =
        mark + 2 < source_.size() && (source_[mark + 2] == '-' || source_[mark + 2] == '+') ? source_[mark + 2] : '\0';
    add_text(source_.substr(at_, mark - at_), kind, sign);
    advance(mark - at_ + (sign ? 3 : 2));
    if (kind == '#') return skip_comment();
    if (kind == '%' && word_follows("raw")) return read_raw();
    add(kind == '{' ? TokenKind::output_begin : TokenKind::block_begin, "");
    read_inside(kind == '{');
  }

  static bool is_mark(char c) { return c == '{' || c == '%' || c == '#'; }

  // Text before a mark, without the white space that belongs to the mark.
  void add_text(std::string text, char kind, char sign) {
    if (sign == '-') {
      text = strip_space(text, false, true);
    } else if (sign == '\0' && kind != '{') {
      const std::size_t newline = text.rfind('\n');
      const std::size_t begin = newline == text.npos ? 0 : newline + 1;
      const bool at_line_start = newline != text.npos || line_starts_;
      if (at_line_start && strip_space(std::string_view(text).substr(begin)).empty()) text.resize(begin);
    }
    if (!text.empty()) add(TokenKind::text, std::move(text));
  }

  // Moves behind the end of a mark whose last two characters are `close`, '-' or '+' before it included, and behind the
  // white space that belongs to it. Returns false where there is none.
  bool skip_end(std::string_view close, bool newline_belongs) {
    const std::string_view text = rest();
    const bool signed_end =
        (text.starts_with('-') || (newline_belongs && text.starts_with('+'))) && text.substr(1).starts_with(close);
    if (!signed_end && !text.starts_with(close)) return false;
    std::size_t length = close.size() + (signed_end ? 1 : 0);
    if (signed_end && text.front() == '-') {
      length = text.size() - strip_space(text.substr(length), true, false).size();
    } else if (!signed_end && newline_belongs && text.substr(length).starts_with('\n')) {
      ++length;
    }
    advance(length);
    line_starts_ = source_[at_ - 1] == '\n';
    return true;
  }

  void skip_comment() {
    const std::size_t end = source_.find("#}", at_);
    if (end == source_.npos) refuse("a comment is not closed");
    // The sign before the end belongs to it, but not the one that began the comment.
    const bool has_sign = end > at_ && (source_[end - 1] == '-' || source_[end - 1] == '+');
    advance(end - at_ - (has_sign ? 1 : 0));
    skip_end("#}", true);
  }

  // Whether the block that begins here is the one of this word.
  bool word_follows(std::string_view word) const {
    const std::string_view text = strip_space(rest(), true, false);
    if (!text.starts_with(word)) return false;
    const std::string_view behind = strip_space(text.substr(word.size()), true, false);
    return behind.starts_with("%}") || behind.starts_with("-%}");
  }

  void skip_space() { advance(rest().size() - strip_space(rest(), true, false).size()); }

  void read_raw() {
    skip_space();
    advance(3);
    skip_space();
    skip_end("%}", false);
    for (std::size_t mark = source_.find("{%", at_); mark != source_.npos; mark = source_.find("{%", mark + 2)) {
      const char next = mark + 2 < source_.size() ? source_[mark + 2] : '\0';
      const char sign = next == '-' || next == '+' ? next : '\0';
      const std::size_t behind = mark + (sign ? 3 : 2);
      const std::string_view word = strip_space(std::string_view(source_).substr(behind), true, false);
      if (!word.starts_with("endraw")) continue;
      const std::string_view close = strip_space(word.substr(6), true, false);
      if (!close.starts_with("%}") && !close.starts_with("-%}") && !close.starts_with("+%}")) continue;
      add_text(source_.substr(at_, mark - at_), '%', sign);
      advance(source_.size() - close.size() - at_);
      skip_end("%}", true);
      return;
    }
    refuse("{{% raw %}} is not closed");
  }

  void read_inside(bool output) {
    const int begun = line_;
    std::string open;  // the brackets that are open
    for (;;) {
      if (open.empty() && skip_end(output ? "}}" : "%}", !output)) {
        return add(output ? TokenKind::output_end : TokenKind::block_end, "");
      }
      if (at_ == source_.size()) {
        line_ = begun;
        refuse("{} is not closed", output ? "{{" : "{%");
      }
      const Utf8Character character = utf8_character(source_, at_);
      if (is_space(character.code_point)) {
        advance(static_cast<std::size_t>(character.length));
      } else if (is_digit(source_[at_])) {
        read_number();
      } else if (is_name_start(source_[at_])) {
        read_name();
      } else if (source_[at_] == '"' || source_[at_] == '\'') {
        read_string();
      } else {
        read_symbol(open);
      }
    }
  }

  void read_name() {
    std::size_t end = at_;
    while (end < source_.size() && is_name(source_[end])) ++end;
    add(TokenKind::name, source_.substr(at_, end - at_));
    at_ = end;
  }

  void read_number() {
    const auto digits = [&](std::size_t from) {
      while (from < source_.size() && is_digit(source_[from])) ++from;
      return from;
    };
    const auto digit_at = [&](std::size_t place) { return place < source_.size() && is_digit(source_[place]); };
    std::size_t end = digits(at_);
    bool real = false;
    // "a.0.1" is an item of an item.
    const bool after_dot = at_ > 0 && source_[at_ - 1] == '.';
    if (!after_dot && end < source_.size() && source_[end] == '.' && digit_at(end + 1)) {
      real = true;
      end = digits(end + 1);
    }
    if (!after_dot && end < source_.size() && (source_[end] == 'e' || source_[end] == 'E')) {
      const bool sign = end + 1 < source_.size() && (source_[end + 1] == '-' || source_[end + 1] == '+');
      if (digit_at(end + (sign ? 2 : 1))) {
        real = true;
        end = digits(end + (sign ? 2 : 1));
      }
    }
    const std::string text = source_.substr(at_, end - at_);
    if ((end < source_.size() && is_name(source_[end])) || (!real && text.size() > 1 && text[0] == '0')) {
      refuse("numbers are supported in decimal digits only, got '{}{}'", text,
             end < source_.size() && is_name(source_[end]) ? source_.substr(end, 1) : "");
    }
    add(real ? TokenKind::real : TokenKind::integer, text);
    at_ = end;
  }

  void read_symbol(std::string& open) {
    const auto symbol = std::find_if(std::begin(kSymbols), std::end(kSymbols),
                                     [&](std::string_view each) { return rest().starts_with(each); });
    if (symbol == std::end(kSymbols)) {
      const Utf8Character character = utf8_character(source_, at_);
      refuse("unexpected '{}'", rest().substr(0, static_cast<std::size_t>(character.length)));
    }
    const char c = symbol->front();
    if (c == '(' || c == '[' || c == '{') open += c == '(' ? ')' : c == '[' ? ']' : '}';
    if (c == ')' || c == ']' || c == '}') {
      if (open.empty() || open.back() != c) refuse("unexpected '{}'", *symbol);
      open.pop_back();
    }
    add(TokenKind::symbol, std::string(*symbol));
    at_ += symbol->size();
  }

  void read_string() {
    const char quote = source_[at_];
    std::string text;
    std::size_t at = at_ + 1;
    while (at < source_.size() && source_[at] != quote) {
      if (source_[at] == '\\' && at + 1 < source_.size()) {
        at = read_escape(at + 1, text);
      } else {
        text += source_[at++];
      }
    }
    if (at >= source_.size()) refuse("a string is not closed");
    add(TokenKind::string, std::move(text));
    advance(at + 1 - at_);
  }

  // The escape whose letter is at `at`; returns the place behind it. Unknown ones stand for themselves, as in Python.
  std::size_t read_escape(std::size_t at, std::string& text) const {
    static constexpr std::pair<char, std::string_view> kEscapes[] = {
        {'n', "\n"}, {'t', "\t"}, {'r', "\r"}, {'\\', "\\"}, {'\'', "'"}, {'"', "\""},
        {'b', "\b"}, {'f', "\f"}, {'v', "\v"}, {'a', "\a"},  {'\n', ""}};
    const char letter = source_[at];
    for (const auto& [name, meaning] : kEscapes) {
      if (name != letter) continue;
      text += meaning;
      return at + 1;
    }
    const std::size_t digits = letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
    if (digits > 0) {
      append_utf8(text, code_point(at + 1, digits));
      return at + 1 + digits;
    }
    if (is_digit(letter) || letter == 'N') refuse("the escape '\\{}' is not supported", letter);
    text += '\\';
    return at;
  }

  std::int32_t code_point(std::size_t at, std::size_t digits) const {
    std::int64_t point = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const char c = at + i < source_.size() ? source_[at + i] : ' ';
      const std::size_t digit = std::string_view("0123456789abcdefABCDEF").find(c);
      if (digit == std::string_view::npos) refuse("an escape needs {} hexadecimal digits", digits);
      point = point * 16 + static_cast<std::int64_t>(digit < 16 ? digit : digit - 6);
    }
    if (point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) refuse("an escape stands for no character");
    return static_cast<std::int32_t>(point);
  }

  std::string source_;
  std::string_view name_;
  std::size_t at_ = 0;
  int line_ = 1;
  bool line_starts_ = true;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokens_of(std::string_view source, std::string_view name) {
  return Lexer(normalized(valid_utf8(source)), name).run();
}

}  // namespace sequent::jinja
