#include "sequent/cli/setting_flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <variant>

#include "sequent/base/files.h"
#include "sequent/train/run_config.h"

namespace sequent {
namespace {

// "weight_decay" is the flag --weight-decay.
std::string flag_of(std::string_view name) {
  std::string flag(name);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

}  // namespace

SettingFlags::SettingFlags(CLI::App& app, const std::vector<Field>& fields, std::span<const std::string_view> without) {
  for (const Field& field : fields) {
    if (std::find(without.begin(), without.end(), field.name) != without.end()) continue;
    auto given = std::make_unique<Given>();
    given->name = field.name;
    const std::string flags = field.name == "seed" ? "-s,--seed" : "--" + flag_of(field.name);
    if (std::holds_alternative<bool*>(field.value)) {
      given->option = app.add_flag(flags, given->flag, std::string(field.help));
    } else {
      given->option = app.add_option(flags, given->words, std::string(field.help));
      const bool list = std::holds_alternative<std::vector<std::string>*>(field.value);
      given->option->expected(1, list ? 1 << 20 : 1)->allow_extra_args(list)->default_str(field_text(field));
    }
    given->option->group("Settings");
    given_.push_back(std::move(given));
  }
}

void SettingFlags::apply(const std::vector<Field>& fields) const {
  for (const auto& given : given_) {
    if (given->option->count() == 0) continue;
    const Field& field = find_field(fields, given->name);
    if (auto* const* list = std::get_if<std::vector<std::string>*>(&field.value)) {
      **list = given->words;
    } else {
      set_field(field,
                std::holds_alternative<bool*>(field.value) ? (given->flag ? "true" : "false") : given->words.back());
    }
  }
}

SettingSources::SettingSources(CLI::App& app, const std::vector<Field>& fields) : flags_(app, fields) {
  app.add_option("--config", file_, "TOML file of settings; flags and key=value words win over it");
  app.add_option("overrides", words_, "settings as key=value, e.g. lr=3e-4")->type_name("KEY=VALUE");
}

void SettingSources::apply(const std::vector<Field>& fields) const {
  if (!file_.empty()) read_toml(fields, read_text(file_), file_);
  for (const std::string& word : words_) apply_override(fields, word);
  flags_.apply(fields);
}

}  // namespace sequent
