#include "sequent/text/jinja_functions.h"

#include <algorithm>

#include "sequent/base/error.h"
#include "sequent/text/jinja_writer.h"
#include "sequent/text/utf8.h"

namespace sequent::jinja {
namespace {

// That of the sandbox in which templates are rendered elsewhere.
constexpr std::int64_t kMaximumRange = 100'000;

Value range(Context& context, const Arguments& arguments) {
  const Bound bound("range", arguments, {"start", "stop", "step"}, 1);
  const bool from_zero = bound.find(1) == nullptr;
  const std::int64_t begin = from_zero ? 0 : bound.integer(0, 0);
  const std::int64_t end = bound.integer(from_zero ? 0 : 1, 0);
  const std::int64_t step = bound.integer(2, 1);
  check(step != 0, "range: the step must not be 0");
  std::vector<Value> items;
  for (std::int64_t i = begin; step > 0 ? i < end : i > end;) {
    check(static_cast<std::int64_t>(items.size()) < kMaximumRange, "range: it has more than {} numbers", kMaximumRange);
    items.push_back({i});
    if (__builtin_add_overflow(i, step, &i)) break;
  }
  return context.list(std::move(items), SequenceKind::range);
}

// The entries of an optional mapping and of the keywords; a keyword replaces an entry of its name.
std::vector<std::pair<Text, Value>> merged(std::string_view name, Context& context, const Arguments& arguments) {
  check(arguments.positional.size() <= 1, "{}: takes one mapping at most, got {}", name, arguments.positional.size());
  std::vector<std::pair<Text, Value>> entries;
  if (!arguments.positional.empty()) {
    const Mapping* mapping = arguments.positional[0].mapping();
    check(mapping != nullptr, "{}: must be made from a mapping, got a {}", name, type_name(arguments.positional[0]));
    context.spend(static_cast<std::int64_t>(mapping->entries.size()));
    entries = mapping->entries;
  }
  for (const auto& given : arguments.keyword) {
    context.spend(static_cast<std::int64_t>(entries.size() / 8));
    const auto same =
        std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return *entry.first == given.first; });
    if (same == entries.end()) {
      entries.emplace_back(std::make_shared<const std::string>(given.first), given.second);
    } else {
      same->second = given.second;
    }
  }
  return entries;
}

Value make_namespace(Context& context, const Arguments& arguments) {
  std::vector<std::pair<std::string, Value>> attributes;
  for (const auto& [key, value] : merged("namespace", context, arguments)) attributes.emplace_back(*key, value);
  return context.name_space(std::move(attributes));
}

Value make_mapping(Context& context, const Arguments& arguments) {
  return context.mapping(merged("dict", context, arguments));
}

Value raise_exception(Context& context, const Arguments& arguments) {
  const Bound bound("raise_exception", arguments, {"message"}, 1);
  fail("{}", plain(context, bound.at(0)));
}

Value strftime(Context& context, const Arguments& arguments, std::time_t now) {
  const Bound bound("strftime_now", arguments, {"format"}, 1);
  const std::string& format = bound.text(0);
  check(format.size() <= 256, "strftime_now: the format must have at most 256 bytes, got {}", format.size());
  std::tm local = {};
  localtime_r(&now, &local);
  char text[4096];
  const std::size_t size = std::strftime(text, sizeof text, format.c_str(), &local);
  return context.text(valid_utf8(std::string_view(text, size)));
}

}  // namespace

std::vector<std::pair<std::string, Value>> functions(Context& context, std::time_t now) {
  const auto show = [now](Context& c, const Arguments& arguments) { return strftime(c, arguments, now); };
  std::vector<std::pair<std::string, Value>> all;
  for (Function function :
       {Function{"range", range}, Function{"namespace", make_namespace}, Function{"dict", make_mapping},
        Function{"raise_exception", raise_exception}, Function{"strftime_now", show}}) {
    std::string name = function.name;
    all.emplace_back(std::move(name), context.function(std::move(function)));
  }
  return all;
}

}  // namespace sequent::jinja
