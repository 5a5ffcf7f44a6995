#include "sequent/ops/expert_dispatch.h"

#include <algorithm>
#include <vector>

#include "sequent/base/error.h"

namespace sequent {

ExpertDispatch dispatch(const Tensor& choices, std::int64_t experts, std::int64_t capacity, const Segments& groups) {
  check(choices.shape().rank() == 2 && choices.size(0) == groups.tokens(),
        "dispatch: choices must be [{}, choices], got {}", groups.tokens(), to_string(choices.shape()));
  check(experts > 0, "dispatch: the number of experts must be positive, got {}", experts);
  check(capacity >= 0, "dispatch: the capacity must not be negative, got {}", capacity);
  const std::int64_t tokens = choices.size(0), per_token = choices.size(1);
  const auto* expert_of = choices.data<std::int32_t>();
  ExpertDispatch result = {.begins = Tensor::zeros({experts + 1}, DType::i64),
                           .row = Tensor::empty(choices.shape(), DType::i32)};
  auto* begins = result.begins.mutable_data<std::int64_t>();
  auto* row = result.row.mutable_data<std::int32_t>();
  // Who is taken: 0, otherwise -1; begins[e + 1] counts.
  std::vector<std::int64_t> taken(static_cast<std::size_t>(experts));
  for (std::int64_t g = 0; g < groups.count(); ++g) {
    std::fill(taken.begin(), taken.end(), 0);
    for (std::int64_t k = 0; k < per_token; ++k) {
      for (std::int64_t t = groups.begin(g); t < groups.end(g); ++t) {
        const std::int64_t c = t * per_token + k, expert = expert_of[c];
        check(expert >= 0 && expert < experts, "dispatch: there is no expert {}, there are {}", expert, experts);
        const bool fits = taken[static_cast<std::size_t>(expert)] < capacity;
        row[c] = fits ? 0 : -1;
        taken[static_cast<std::size_t>(expert)] += fits;
        begins[expert + 1] += fits;
        result.dropped += !fits;
      }
    }
  }
  for (std::int64_t e = 0; e < experts; ++e) begins[e + 1] += begins[e];
  result.token = Tensor::empty({begins[experts]}, DType::i32);
  auto* token = result.token.mutable_data<std::int32_t>();
  std::vector<std::int64_t> next(begins, begins + experts);
  for (std::int64_t c = 0; c < tokens * per_token; ++c) {
    if (row[c] < 0) continue;
    row[c] = static_cast<std::int32_t>(next[static_cast<std::size_t>(expert_of[c])]++);
    token[row[c]] = static_cast<std::int32_t>(c / per_token);
  }
  return result;
}

}  // namespace sequent
