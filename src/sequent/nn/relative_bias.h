// Positions as in T5: a learned bias of the scores of attention for each head and bucket of distances (Raffel et al.,
// "Exploring the limits of transfer learning with a unified text-to-text transformer", 2020, section 2.1).
#pragma once

#include <vector>

#include "sequent/nn/parameters.h"

namespace sequent {

struct RelativeBuckets {
  std::int64_t buckets = 32;
  std::int64_t max_distance = 128;  // from here on all distances share the last bucket
  bool bidirectional = true;        // half of the buckets for keys behind the query; otherwise those share bucket 0
};

/// The bucket of a distance, key position minus query position. With n buckets for a direction, the first n / 2
/// distances have one each, and the further ones up to max_distance share the rest in logarithmic steps, rounded as
/// float32 does.
std::int64_t relative_bucket(const RelativeBuckets& buckets, std::int64_t distance);

/// Throws unless every direction has at least two buckets and max_distance is farther than those of one distance.
void validate(const RelativeBuckets& buckets);

/// Parameter "weight" [buckets, heads].
class RelativeBias {
 public:
  RelativeBias(const RelativeBuckets& buckets, std::int64_t heads, float deviation, const ParameterScope& scope);

  /// The bias of each distance from -max_distance to max_distance, [2 * max_distance + 1, heads], as ops/attention.h
  /// takes it: nothing beyond differs from the ends.
  Var table() const;

 private:
  Var weight_;
  std::vector<std::int32_t> bucket_of_distance_;
};

}  // namespace sequent
