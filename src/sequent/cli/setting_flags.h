// One flag for every setting of training.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sequent/base/fields.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace sequent {

/// The flags "--weight-decay" for "weight_decay" and so on. What was given is kept as text until apply(), because flags
/// win over a file that is read after the command line.
class SettingFlags {
 public:
  /// Adds them to `app`, but those named in `without`.
  SettingFlags(CLI::App& app, const std::vector<Field>& fields, std::span<const std::string_view> without = {});
  /// Sets the fields that were given.
  void apply(const std::vector<Field>& fields) const;

 private:
  struct Given {
    std::string name;
    std::vector<std::string> words;
    bool flag = false;
    CLI::Option* option = nullptr;
  };
  std::vector<std::unique_ptr<Given>> given_;
};

/// Settings from a file (--config), key=value words and flags; the later of these wins.
class SettingSources {
 public:
  SettingSources(CLI::App& app, const std::vector<Field>& fields);
  /// Sets the fields that were given, in that order.
  void apply(const std::vector<Field>& fields) const;

 private:
  std::string file_;
  std::vector<std::string> words_;
  SettingFlags flags_;
};

}  // namespace sequent
