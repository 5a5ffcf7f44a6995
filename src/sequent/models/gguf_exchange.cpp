#include "sequent/models/gguf_exchange.h"

#include <limits>
#include <utility>

#include "sequent/base/error.h"

namespace sequent {

void GgufExchange::write(std::string key, std::int64_t value) {
  check(value >= 0 && value <= std::numeric_limits<std::uint32_t>::max(), "GGUF: {} must fit 32 bits, got {}", key,
        value);
  to_->emplace_back(std::move(key), static_cast<std::uint32_t>(value));
}

void GgufExchange::integer(std::string_view key, std::int64_t& value) {
  if (reading()) {
    value = from_->integer(full(key));
  } else {
    write(full(key), value);
  }
}

void GgufExchange::number(std::string_view key, float& value) {
  if (reading()) {
    value = static_cast<float>(from_->number(full(key)));
  } else {
    to_->emplace_back(full(key), value);
  }
}

void GgufExchange::optional_integer(std::string_view key, std::int64_t& value) {
  if (!reading() || from_->contains(full(key))) integer(key, value);
}

void GgufExchange::optional_number(std::string_view key, float& value) {
  if (!reading() || from_->contains(full(key))) number(key, value);
}

void GgufExchange::optional_boolean(std::string_view key, bool& value) {
  if (!reading()) {
    to_->emplace_back(full(key), value);
  } else if (from_->contains(full(key))) {
    value = from_->boolean(full(key));
  }
}

void GgufExchange::optional_text(std::string_view key, std::string& value) {
  if (!reading()) {
    to_->emplace_back(full(key), value);
  } else if (from_->contains(full(key))) {
    value = from_->text(full(key));
  }
}

void GgufExchange::integers(std::string_view key, std::vector<std::int64_t>& values, std::int64_t count) {
  const std::string name = full(key);
  if (!reading()) {
    to_->emplace_back(name, std::vector<std::int32_t>(values.begin(), values.end()));
    return;
  }
  check(from_->contains(name), "{}: {} is missing", from_->path(), name);
  values = from_->values().find(name)->second.array
               ? from_->integers(name)
               : std::vector<std::int64_t>(static_cast<std::size_t>(count), from_->integer(name));
  check(static_cast<std::int64_t>(values.size()) == count, "{}: {} must have {} entries, got {}", from_->path(), name,
        count, values.size());
}

void GgufExchange::constant(std::string_view key, std::int64_t value) {
  if (!reading()) write(full(key), value);
}

void GgufExchange::token(std::string_view key, std::int64_t& value) {
  if (reading()) {
    value = from_->contains(key) ? from_->integer(key) : -1;
  } else if (value >= 0) {
    write(std::string(key), value);
  }
}

}  // namespace sequent
