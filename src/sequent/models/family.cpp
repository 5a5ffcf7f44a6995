#include "sequent/models/family.h"

#include <array>
#include <cmath>

#include "sequent/base/error.h"
#include "sequent/models/language_model.h"

namespace sequent {
namespace {

constexpr std::array<const Family*, 2> kFamilies = {&kTransformer, &kMamba};

const Family& find(std::string_view Family::* key, std::string_view what, std::string_view value) {
  std::string known;
  for (const Family* entry : kFamilies) {
    if (entry->*key == value) return *entry;
    known += (known.empty() ? "" : ", ") + std::string(entry->*key);
  }
  fail("{}: there is no '{}'; known are {}", what, value, known);
}

}  // namespace

std::span<const Family* const> families() {
  return kFamilies;
}

const Family& family(std::string_view name) {
  return find(&Family::name, "architecture", name);
}

const Family& family_of_model_type(std::string_view model_type) {
  return find(&Family::model_type, "model_type", model_type);
}

LanguageModelConfig new_model_config(const Family& family, const Dimensions& dimensions) {
  check(dimensions.vocabulary > 0, "model: vocabulary must be positive, got {}", dimensions.vocabulary);
  if (dimensions.parameters == 0 || dimensions.width > 0) return family.preset(dimensions);
  // Widths in growing steps until the count is passed; the nearer of the last two is taken.
  Dimensions candidate = dimensions;
  const std::int64_t step = dimensions.heads > 0 ? 2 * dimensions.heads : 8;
  LanguageModelConfig best;
  double best_error = 0;
  for (candidate.width = step;; candidate.width += step) {
    LanguageModelConfig config = family.preset(candidate);
    const std::int64_t count = count_parameters(config);
    const double error = std::abs(std::log(static_cast<double>(count) / static_cast<double>(dimensions.parameters)));
    if (best.width == 0 || error < best_error) {
      best = std::move(config);
      best_error = error;
    }
    if (count > dimensions.parameters) return best;
  }
}

}  // namespace sequent
