#include "sequent/nn/relative_bias.h"

#include <algorithm>
#include <cmath>

#include "sequent/base/error.h"
#include "sequent/ops/embedding.h"

namespace sequent {

std::int64_t relative_bucket(const RelativeBuckets& buckets, std::int64_t distance) {
  const std::int64_t count = buckets.bidirectional ? buckets.buckets / 2 : buckets.buckets;
  const std::int64_t first = buckets.bidirectional && distance > 0 ? count : 0;
  const std::int64_t length = buckets.bidirectional ? std::abs(distance) : std::max<std::int64_t>(-distance, 0);
  const std::int64_t exact = count / 2;
  if (length < exact) return first + length;
  const float octaves =
      std::log(static_cast<float>(length) / static_cast<float>(exact)) /
      static_cast<float>(std::log(static_cast<double>(buckets.max_distance) / static_cast<double>(exact)));
  const auto step = static_cast<std::int64_t>(octaves * static_cast<float>(count - exact));
  return first + std::min(count - 1, exact + step);
}

void validate(const RelativeBuckets& buckets) {
  const std::int64_t count = buckets.bidirectional ? buckets.buckets / 2 : buckets.buckets;
  check(count >= 2, "relative bias: there must be at least 2 buckets for a direction, got {}", count);
  check(buckets.max_distance > count / 2, "relative bias: max_distance must be more than {}, got {}", count / 2,
        buckets.max_distance);
}

RelativeBias::RelativeBias(const RelativeBuckets& buckets, std::int64_t heads, float deviation,
                           const ParameterScope& scope)
    : weight_(scope.parameter("weight", {buckets.buckets, heads}, initialize::normal(deviation), /*decay=*/true)) {
  validate(buckets);
  for (std::int64_t distance = -buckets.max_distance; distance <= buckets.max_distance; ++distance) {
    bucket_of_distance_.push_back(static_cast<std::int32_t>(relative_bucket(buckets, distance)));
  }
}

Var RelativeBias::table() const {
  return embedding(bucket_of_distance_, weight_);
}

}  // namespace sequent
