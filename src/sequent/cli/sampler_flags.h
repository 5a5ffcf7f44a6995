// The flags of whatever writes text.
#pragma once

#include "sequent/infer/generate.h"

namespace CLI {
class App;
}

namespace sequent {

/// Adds -n/--max-tokens, --temp, --top-k, --top-p, --min-p, --repeat-penalty, --repeat-window, -s/--seed, --ignore-end-of-text and --stop;
/// values out of range are wrong usage.
void add_generate_flags(CLI::App& app, GenerateOptions& options);

}  // namespace sequent
