#include "sequent/eval/video_probing.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/base/random.h"
#include "sequent/ops/cross_entropy.h"
#include "sequent/ops/rows.h"
#include "sequent/train/optimizer.h"

namespace sequent {
namespace {

constexpr double kFinalWeightDecay = 1e-6;

// From `first` at done = 0 towards `last` at done = total.
double along_cosine(double first, double last, std::int64_t done, std::int64_t total) {
  const double part = static_cast<double>(done) / static_cast<double>(total);
  return last + (first - last) * 0.5 * (1 + std::cos(std::numbers::pi * part));
}

std::vector<std::size_t> order_of(std::size_t count, std::uint64_t seed, std::int64_t epoch) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const Random random(seed, Random::stream_of("probe epoch " + std::to_string(epoch)));
  for (std::size_t i = count; i > 1; --i) std::swap(order[i - 1], order[random.below(i, i)]);
  return order;
}

struct Batch {
  Tensor features;
  Segments videos;
};

// One view of each of these videos.
Batch batch_of(std::span<const Tensor> features) {
  std::vector<Var> parts(features.begin(), features.end());
  std::vector<std::int64_t> lengths;
  for (const Tensor& part : features) lengths.push_back(part.rows());
  return {concat_rows(parts).value(), Segments::of_lengths(lengths)};
}

std::vector<double> probabilities_of(const Tensor& logits) {
  std::vector<double> values(logits.floats(), logits.floats() + logits.elements());
  const double largest = *std::ranges::max_element(values);
  for (double& value : values) value = std::exp(value - largest);
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  for (double& value : values) value /= sum;
  return values;
}

}  // namespace

std::vector<Field> ProbingSettings::fields() {
  return {{"pooling", "how tokens become one feature: attentive or average", choice(pooling, kVideoPoolingNames)},
          {"epochs", "passes over the training videos", &epochs},
          {"batch", "videos of a step", &batch},
          {"lr", "learning rate of the first step; falls to 0", &lr},
          {"weight_decay", "of the first step; falls to 1e-6", &weight_decay},
          {"clip", "largest norm of the gradients", &clip},
          {"raw_features",
           "features as they are, as published, instead of each channel less its mean and over its deviation",
           &raw_features},
          {"seed", "of the fresh probe and of the order of videos", &seed}};
}

void ProbingSettings::validate() const {
  check(epochs >= 1 && batch >= 1, "video probe: epochs and batch must be at least 1, got {} and {}", epochs, batch);
  check(lr > 0 && weight_decay >= 0 && clip > 0,
        "video probe: lr and clip must be positive and weight_decay not negative, got {}, {} and {}", lr, clip,
        weight_decay);
}

LabelledFeatures labelled_features(const VisionTransformer& encoder, const VideoList& videos,
                                   const VideoFeatureSettings& settings, bool pooled,
                                   const std::function<void(const std::string&)>& warn,
                                   const std::function<bool(std::int64_t)>& progress) {
  videos.check_labelled();
  LabelledFeatures features;
  features.labels = videos.labels;
  std::int64_t done = 0;
  for (const VideoList::Entry& entry : videos.entries) {
    try {
      LabelledFeatures::Video video = {.views = {}, .label = static_cast<std::int32_t>(entry.label)};
      for (const Tensor& view : video_features(encoder, entry.path, settings)) {
        const Tensor tokens = view.reshape({view.rows(), view.columns()});
        video.views.push_back(pooled ? mean_of_sets(tokens, Segments::single(tokens.rows())) : tokens);
      }
      features.videos.push_back(std::move(video));
    } catch (const Error& error) {
      ++features.skipped;
      warn(error.what());
    }
    if (!progress(++done)) break;
  }
  check(!features.videos.empty(), "video probe: none of {} videos could be read", videos.entries.size());
  return features;
}

std::unique_ptr<VideoProbe> train_video_probe(
    const LabelledFeatures& training, std::int64_t classes, const VisionTransformerConfig& encoder,
    const ProbingSettings& settings,
    const std::function<bool(std::int64_t done, std::int64_t total, double loss)>& report) {
  settings.validate();
  VideoProbeConfig config;
  config.pooling = settings.pooling;
  config.classes = classes;
  config.labels = training.labels;
  config.standardised = !settings.raw_features;
  config.blocks.width = encoder.blocks.width;
  config.blocks.heads = encoder.blocks.heads;
  config.blocks.hidden_width = 4 * encoder.blocks.width;
  const auto source = fresh_parameters(static_cast<std::uint64_t>(settings.seed));
  auto probe = std::make_unique<VideoProbe>(config, *source);
  Parameters& parameters = probe->parameters();
  parameters.flatten();
  if (config.standardised) {
    std::vector<Tensor> features;
    for (const LabelledFeatures::Video& video : training.videos) features.push_back(video.views.front());
    probe->standardise_by(features);
  }
  AdamW adamw(parameters, {.beta2 = 0.999f, .weight_decay = static_cast<float>(settings.weight_decay)});

  const std::size_t count = training.videos.size(), batch = static_cast<std::size_t>(settings.batch);
  const auto steps = static_cast<std::int64_t>((count + batch - 1) / batch), total = steps * settings.epochs;
  std::int64_t done = 0;
  for (std::int64_t epoch = 0; epoch < settings.epochs; ++epoch) {
    const std::vector<std::size_t> order = order_of(count, static_cast<std::uint64_t>(settings.seed), epoch);
    for (std::size_t first = 0; first < count; first += batch) {
      std::vector<Tensor> features;
      std::vector<std::int32_t> labels;
      for (std::size_t i = first; i < std::min(first + batch, count); ++i) {
        features.push_back(training.videos[order[i]].views.front());
        labels.push_back(training.videos[order[i]].label);
      }
      const Batch chosen = batch_of(features);
      parameters.clear_gradients();
      Tape tape;
      const Var loss = cross_entropy(probe->logits(chosen.features, chosen.videos), labels);
      tape.backward(loss);
      ++done;
      adamw.set_weight_decay(static_cast<float>(along_cosine(settings.weight_decay, kFinalWeightDecay, done, total)));
      const double norm = gradient_norm(parameters);
      adamw.step(static_cast<float>(along_cosine(settings.lr, 0, done, total)),
                 static_cast<float>(std::min(1.0, settings.clip / (norm + 1e-6))));
      if (!report(done, total, static_cast<double>(loss.value().floats()[0]))) return probe;
    }
  }
  return probe;
}

ProbeResult test_video_probe(const VideoProbe& probe, const LabelledFeatures& test) {
  const auto classes = static_cast<std::size_t>(probe.config().classes);
  ProbeResult result;
  result.confusion.assign(classes, std::vector<std::int64_t>(classes));
  for (const LabelledFeatures::Video& video : test.videos) {
    std::vector<double> sum(classes);
    for (const Tensor& view : video.views) {
      const std::vector<double> part = probabilities_of(probe.logits(view, Segments::single(view.rows())).value());
      for (std::size_t c = 0; c < classes; ++c) sum[c] += part[c];
    }
    const auto predicted = static_cast<std::size_t>(std::ranges::max_element(sum) - sum.begin());
    check(video.label >= 0 && video.label < probe.config().classes, "video probe: labels must be below {}, got {}",
          classes, video.label);
    const auto truth = static_cast<std::size_t>(video.label);
    ++result.confusion[truth][predicted];
    ++result.videos;
    result.right += truth == predicted;
  }
  return result;
}

}  // namespace sequent
