#include "sequent/text/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <cctype>

#include "sequent/base/error.h"
#include "sequent/text/utf8.h"

namespace sequent {
namespace {

constexpr std::size_t kLongestPattern = 64 * 1024;
constexpr std::uint32_t kMatchLimit = 4'000'000;
constexpr std::uint32_t kHeapLimitKibibytes = 64 * 1024;
constexpr std::size_t kJitStackStart = 64 * 1024;
constexpr std::size_t kJitStackLimit = 8 * 1024 * 1024;

std::string message(int code) {
  PCRE2_UCHAR buffer[256] = {};
  pcre2_get_error_message(code, buffer, sizeof(buffer));
  return reinterpret_cast<const char*>(buffer);
}

/// What stands in a class for the escapes that the two libraries read differently; empty for all others.
std::string_view spelled_out(char escaped) {
  switch (escaped) {
    case 's':
      return "\\p{Z}\\x09-\\x0d\\x{85}";
    case 'w':
      return "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\xb2\\xb3\\xb9\\xbc-\\xbe";
    case 'h':
      return "0-9a-fA-F";
    default:
      return {};
  }
}

/// The pattern as PCRE2 has to be given it: with \s, \w, \h, and their opposites outside classes, spelled out.
std::string translated(std::string_view pattern, std::string_view what) {
  std::string result;
  std::size_t class_begin = 0;  // where in the result the class begins that is open, behind "[" or "[^"; 0: none is
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    const bool in_class = class_begin > 0;
    if (c == '\\' && i + 1 < pattern.size()) {
      const char escaped = pattern[++i];
      const std::string_view set = spelled_out(in_class ? escaped : static_cast<char>(std::tolower(escaped)));
      if (set.empty()) {
        result += c;
        result += escaped;
      } else if (in_class) {
        result += set;
      } else {
        result += std::islower(static_cast<unsigned char>(escaped)) != 0 ? "[" : "[^";
        result += set;
        result += ']';
      }
      continue;
    }
    if (!in_class && c == '[') {
      result += c;
      if (i + 1 < pattern.size() && pattern[i + 1] == '^') result += pattern[++i];
      class_begin = result.size();
      continue;
    }
    if (in_class && pattern.substr(i).starts_with("[:")) {
      const std::size_t end = pattern.find(":]", i);
      if (end != std::string_view::npos) {
        result += pattern.substr(i, end + 2 - i);
        i = end + 1;
        continue;
      }
    }
    if (in_class) {
      check(c != '[' && !pattern.substr(i).starts_with("&&"),
            "{}: a set within a set is not supported, at {} of the pattern \"{}\"", what, i, pattern);
      // A bracket that comes first in a class is an ordinary character there.
      if (c == ']' && result.size() > class_begin) class_begin = 0;
    }
    result += c;
  }
  return result;
}

template <class T, void (*Free)(T*)>
struct Freed {
  void operator()(T* object) const { Free(object); }
};
using CompileContext = std::unique_ptr<pcre2_compile_context, Freed<pcre2_compile_context, pcre2_compile_context_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Freed<pcre2_match_context, pcre2_match_context_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Freed<pcre2_match_data, pcre2_match_data_free>>;
using JitStack = std::unique_ptr<pcre2_jit_stack, Freed<pcre2_jit_stack, pcre2_jit_stack_free>>;

MatchContext limited_context() {
  MatchContext context(pcre2_match_context_create(nullptr));
  pcre2_set_match_limit(context.get(), kMatchLimit);
  pcre2_set_heap_limit(context.get(), kHeapLimitKibibytes);
  return context;
}

}  // namespace

struct Regex::Compiled {
  pcre2_code* code = nullptr;
  MatchContext context = limited_context();
  ~Compiled() { pcre2_code_free(code); }
};

Regex::Regex(std::string_view pattern, std::string_view what) {
  auto compiled = std::make_unique<Compiled>();
  const std::string spelled = translated(pattern, what);
  const CompileContext context(pcre2_compile_context_create(nullptr));
  pcre2_set_max_pattern_length(context.get(), kLongestPattern);
  int code = 0;
  PCRE2_SIZE offset = 0;
  compiled->code =
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(spelled.data()), spelled.size(),
                    PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF | PCRE2_MULTILINE, &code, &offset, context.get());
  check(compiled->code != nullptr, "{}: the pattern \"{}\" is not valid at {}: {}", what, spelled, offset,
        message(code));
  // Without a just-in-time compiler for this processor, matching is interpreted: slower, otherwise the same.
  pcre2_jit_compile(compiled->code, PCRE2_JIT_COMPLETE);
  compiled_ = std::move(compiled);
}

Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;

std::string Regex::escaped(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    if (std::ispunct(static_cast<unsigned char>(c)) != 0) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

void Regex::for_each_match(std::string_view text, FunctionRef<void(std::size_t, std::size_t)> match) const {
  const MatchData data(pcre2_match_data_create_from_pattern(compiled_->code, nullptr));
  const auto subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  // Most patterns need little memory; where one needs more, it is given more from there on.
  MatchContext wide_context;
  JitStack stack;
  const auto find = [&](std::size_t at) {
    pcre2_match_context* context = wide_context ? wide_context.get() : compiled_->context.get();
    return pcre2_match(compiled_->code, subject, text.size(), at, 0, data.get(), context);
  };
  std::size_t done = std::string_view::npos;  // end of the match before
  for (std::size_t at = 0; at <= text.size();) {
    int found = find(at);
    if (found == PCRE2_ERROR_JIT_STACKLIMIT && !wide_context) {
      wide_context = limited_context();
      stack.reset(pcre2_jit_stack_create(kJitStackStart, kJitStackLimit, nullptr));
      pcre2_jit_stack_assign(wide_context.get(), nullptr, stack.get());
      found = find(at);
    }
    if (found == PCRE2_ERROR_NOMATCH) return;
    check(found > 0, "tokenizer: the pre-tokenizer's pattern cannot be matched: {}", message(found));
    const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(data.get());
    const std::size_t begin = bounds[0], end = bounds[1];
    // With \K in a look-ahead a match may end before it begins.
    check(begin <= end && begin >= at, "tokenizer: the pre-tokenizer's pattern must match forwards");
    if (begin == end && end == done) {
      if (at == text.size()) return;
      at += static_cast<std::size_t>(utf8_character(text, at).length);
      continue;
    }
    match(begin, end);
    at = done = end;
  }
}

}  // namespace sequent
