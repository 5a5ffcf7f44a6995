#include "sequent/text/jinja_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sequent/base/error.h"
#include "sequent/text/jinja_strings.h"
#include "sequent/text/utf8.h"

namespace sequent::jinja {
namespace {

// The shortest digits that give the number back, and never without a point or an exponent.
std::string number_text(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  std::string text = fmt::format("{}", number);
  if (text.find_first_of(".e") == text.npos) text += ".0";
  return text;
}

// Numbers, truth values and None, whose text differs between Python and JSON by name only.
struct Names {
  const char *none, *yes, *no;
};
constexpr Names kPython = {"None", "True", "False"};
constexpr Names kJson = {"null", "true", "false"};

bool write_scalar(TextBuilder& out, const Value& value, const Names& names) {
  if (value.is_none()) {
    out.append(names.none);
  } else if (const auto* boolean = value.as<bool>()) {
    out.append(*boolean ? names.yes : names.no);
  } else if (const auto* integer = value.as<std::int64_t>()) {
    out.append(std::to_string(*integer));
  } else if (const auto* number = value.as<double>()) {
    out.append(number_text(*number));
  } else {
    return false;
  }
  return true;
}

std::string literal_character(std::int32_t c, char quote) {
  switch (c) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    case '\\':
      return "\\\\";
    default:
      break;
  }
  if (c == quote) return {'\\', quote};
  if (!is_printable(c)) {
    if (c > 0xFFFF) return fmt::format("\\U{:08x}", c);
    return c > 0xFF ? fmt::format("\\u{:04x}", c) : fmt::format("\\x{:02x}", c);
  }
  std::string text;
  append_utf8(text, c);
  return text;
}

template <class CharacterText>
void write_characters(TextBuilder& out, const std::string& text, CharacterText character_text) {
  out.context().scan(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Character character = utf8_character(text, at);
    out.append(character_text(character.code_point));
    at += static_cast<std::size_t>(character.length);
  }
}

void write_quoted(TextBuilder& out, const std::string& text) {
  const bool single = text.find('\'') == text.npos || text.find('"') != text.npos;
  const char quote = single ? '\'' : '"';
  out.append({&quote, 1});
  write_characters(out, text, [&](std::int32_t c) { return literal_character(c, quote); });
  out.append({&quote, 1});
}

void write_sequence(TextBuilder& out, const Sequence& sequence) {
  const bool tuple = sequence.kind == SequenceKind::tuple;
  out.append(tuple ? "(" : "[");
  for (std::size_t i = 0; i < sequence.items.size(); ++i) {
    if (i > 0) out.append(", ");
    write_literal(out, sequence.items[i]);
  }
  if (tuple && sequence.items.size() == 1) out.append(",");
  out.append(tuple ? ")" : "]");
}

void write_mapping(TextBuilder& out, const Mapping& mapping) {
  out.append("{");
  for (std::size_t i = 0; i < mapping.entries.size(); ++i) {
    if (i > 0) out.append(", ");
    write_quoted(out, *mapping.entries[i].first);
    out.append(": ");
    write_literal(out, mapping.entries[i].second);
  }
  out.append("}");
}

std::string json_character(std::int32_t c, bool ascii) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    case '\f':
      return "\\f";
    case '\b':
      return "\\b";
    default:
      break;
  }
  if (c < 0x20 || (ascii && c >= 0x7F && c <= 0xFFFF && c != 0x7F)) return fmt::format("\\u{:04x}", c);
  if (ascii && c > 0xFFFF) {
    const std::int32_t beyond = c - 0x10000;
    return fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + (beyond >> 10), 0xDC00 + (beyond & 0x3FF));
  }
  std::string text;
  append_utf8(text, c);
  return text;
}

class JsonWriter {
 public:
  JsonWriter(TextBuilder& out, const JsonStyle& style) : out_(out), style_(style) {}

  void write(const Value& value) {
    out_.context().spend(1);
    const Sequence* sequence = value.sequence();
    if (const auto* number = value.as<double>(); number && !std::isfinite(*number)) {
      out_.append(std::isnan(*number) ? "NaN" : *number > 0 ? "Infinity" : "-Infinity");
    } else if (write_scalar(out_, value, kJson)) {
    } else if (const std::string* text = value.text()) {
      write_string(*text);
    } else if (sequence && (sequence->kind == SequenceKind::list || sequence->kind == SequenceKind::tuple)) {
      write_items('[', ']', sequence->items, [&](const Value& item) { write(item); });
    } else if (const Mapping* mapping = value.mapping()) {
      write_mapping(*mapping);
    } else {
      fail("tojson: a value of type {} has no JSON form", type_name(value));
    }
  }

 private:
  void write_string(const std::string& text) {
    out_.append("\"");
    write_characters(out_, text, [&](std::int32_t c) { return json_character(c, style_.ascii); });
    out_.append("\"");
  }

  void write_mapping(const Mapping& mapping) {
    std::vector<const std::pair<Text, Value>*> entries;
    for (const auto& entry : mapping.entries) entries.push_back(&entry);
    if (style_.sort_keys) {
      std::sort(entries.begin(), entries.end(), [](const auto* a, const auto* b) { return *a->first < *b->first; });
    }
    write_items('{', '}', entries, [&](const auto* entry) {
      write_string(*entry->first);
      out_.append(style_.key_separator);
      write(entry->second);
    });
  }

  template <class Items, class Write>
  void write_items(char open, char close, const Items& items, Write write_item) {
    out_.append({&open, 1});
    ++level_;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_.append(style_.item_separator);
      new_line();
      write_item(items[i]);
    }
    --level_;
    if (!items.empty()) new_line();
    out_.append({&close, 1});
  }

  void new_line() {
    if (!style_.indent) return;
    out_.append("\n");
    for (int i = 0; i < level_; ++i) out_.append(*style_.indent);
  }

  TextBuilder& out_;
  const JsonStyle& style_;
  int level_ = 0;
};

}  // namespace

void write_literal(TextBuilder& out, const Value& value) {
  out.context().spend(1);
  if (write_scalar(out, value, kPython)) return;
  if (const std::string* text = value.text()) return write_quoted(out, *text);
  if (const Mapping* mapping = value.mapping()) return write_mapping(out, *mapping);
  if (value.is_undefined()) return out.append("Undefined");
  const Sequence* sequence = value.sequence();
  check(sequence && (sequence->kind == SequenceKind::list || sequence->kind == SequenceKind::tuple),
        "a {} cannot be printed", type_name(value));
  write_sequence(out, *sequence);
}

void write_plain(TextBuilder& out, const Value& value) {
  if (value.is_undefined()) return;
  if (const std::string* text = value.text()) return out.append(*text);
  write_literal(out, value);
}

void write_json(TextBuilder& out, const Value& value, const JsonStyle& style) {
  JsonWriter(out, style).write(value);
}

std::string plain(Context& context, const Value& value) {
  TextBuilder out(context);
  write_plain(out, value);
  return out.take();
}

}  // namespace sequent::jinja
