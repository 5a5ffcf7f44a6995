// The sequence mixers there are. Help texts, configurations, property tests and comparisons iterate over this table.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "sequent/mixers/attention.h"
#include "sequent/mixers/mamba.h"
#include "sequent/mixers/mamba2.h"
#include "sequent/mixers/retention.h"

namespace sequent {

/// The settings of every mixer; a block reads those of its own.
struct MixerConfigs {
  AttentionConfig attention;
  MambaConfig mamba;
  Mamba2Config mamba2;
  RetentionConfig retention;
};

struct MixerEntry {
  std::string_view name;
  std::string_view help;
  std::unique_ptr<SequenceMixer> (*make)(const MixerConfigs&, std::int64_t width, const ParameterScope&);
  /// The mixer's own settings among all, for reading, writing and comparing them.
  std::vector<Field> (*fields)(MixerConfigs&);
  void (*validate)(const MixerConfigs&);
};

std::span<const MixerEntry> mixers();
/// The entry of that name; an unknown one is an Error that lists the known ones.
const MixerEntry& mixer(std::string_view name);

}  // namespace sequent
