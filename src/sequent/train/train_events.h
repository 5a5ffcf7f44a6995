// What a training run tells its caller; the library itself never prints.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "sequent/models/encoder_decoder.h"
#include "sequent/models/language_model.h"
#include "sequent/text/tokenizer.h"
#include "sequent/train/metrics.h"

namespace sequent {

struct TrainEvents {
  /// Once, before the first step: steps done in earlier sessions, steps of the whole run, parameters.
  std::function<void(std::int64_t done, std::int64_t steps, std::int64_t parameters)> begin;
  /// After every step.
  std::function<void(const StepMetrics&)> step;
  std::function<void(const std::string&)> message;
  /// Writes a text sample with the model as it is.
  std::function<std::string(const LanguageModel&, const Tokenizer&)> sample;
  /// Writes what an encoder-decoder answers to its input, which ends with the end of text.
  std::function<std::string(const EncoderDecoder&, const Tokenizer&, std::span<const std::int32_t> input)> answer;
  /// When it becomes true the step is finished, a checkpoint saved, and the run ends as interrupted.
  const std::atomic<bool>* stop = nullptr;
};

}  // namespace sequent
