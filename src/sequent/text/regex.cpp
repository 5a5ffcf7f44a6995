#include "sequent/text/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <string>

#include "sequent/base/error.h"

namespace sequent {
namespace {

constexpr std::size_t kJitStackStart = 32 * 1024;
constexpr std::size_t kJitStackLimit = 8 * 1024 * 1024;

std::string message(int code) {
  PCRE2_UCHAR buffer[256] = {};
  pcre2_get_error_message(code, buffer, sizeof(buffer));
  return reinterpret_cast<const char*>(buffer);
}

/// Spells out \s, and \S outside classes.
std::string with_unicode_space(std::string_view pattern) {
  constexpr std::string_view kSpaces = "\\p{Z}\\x09-\\x0d\\x{85}";
  std::string result;
  bool in_class = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\' && i + 1 < pattern.size()) {
      const char escaped = pattern[++i];
      if (escaped == 's' && in_class) {
        result += kSpaces;
      } else if ((escaped == 's' || escaped == 'S') && !in_class) {
        result += escaped == 's' ? "[" : "[^";
        result += kSpaces;
        result += ']';
      } else {
        result += c;
        result += escaped;
      }
      continue;
    }
    // A bracket that comes first in a class is an ordinary character there.
    const bool first_in_class = in_class && (result.ends_with('[') || result.ends_with("[^"));
    if (c == '[') in_class = true;
    if (c == ']' && !first_in_class) in_class = false;
    result += c;
  }
  return result;
}

}  // namespace

struct Regex::Compiled {
  pcre2_code* code = nullptr;
  bool jit = false;
  ~Compiled() { pcre2_code_free(code); }
};

Regex::Regex(std::string_view pattern, std::string_view what) {
  auto compiled = std::make_unique<Compiled>();
  const std::string spelled = with_unicode_space(pattern);
  int code = 0;
  PCRE2_SIZE offset = 0;
  compiled->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(spelled.data()), spelled.size(),
                                 PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF, &code, &offset, nullptr);
  check(compiled->code != nullptr, "{}: the pattern \"{}\" is not valid at {}: {}", what, spelled, offset,
        message(code));
  // Without a just-in-time compiler for this processor, matching is interpreted: slower, otherwise the same.
  compiled->jit = pcre2_jit_compile(compiled->code, PCRE2_JIT_COMPLETE) == 0;
  compiled_ = std::move(compiled);
}

Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;

void Regex::for_each_match(std::string_view text, FunctionRef<void(std::size_t, std::size_t)> match) const {
  const auto free_data = [](pcre2_match_data* data) { pcre2_match_data_free(data); };
  const auto free_context = [](pcre2_match_context* context) { pcre2_match_context_free(context); };
  const auto free_stack = [](pcre2_jit_stack* stack) { pcre2_jit_stack_free(stack); };
  const std::unique_ptr<pcre2_match_data, decltype(free_data)> data(
      pcre2_match_data_create_from_pattern(compiled_->code, nullptr), free_data);
  const std::unique_ptr<pcre2_match_context, decltype(free_context)> context(pcre2_match_context_create(nullptr),
                                                                             free_context);
  const std::unique_ptr<pcre2_jit_stack, decltype(free_stack)> stack(
      pcre2_jit_stack_create(kJitStackStart, kJitStackLimit, nullptr), free_stack);
  if (compiled_->jit) pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
  const auto subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  for (std::size_t at = 0; at < text.size();) {
    // An empty match would be found again and again.
    const int found = pcre2_match(compiled_->code, subject, text.size(), at, PCRE2_NOTEMPTY, data.get(), context.get());
    if (found == PCRE2_ERROR_NOMATCH) return;
    check(found > 0, "tokenizer: the pre-tokenizer's pattern cannot be matched: {}", message(found));
    const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(data.get());
    match(bounds[0], bounds[1]);
    at = bounds[1];
  }
}

}  // namespace sequent
