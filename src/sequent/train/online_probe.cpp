#include "sequent/train/online_probe.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"

namespace sequent {
namespace {

using Matrix = std::vector<std::vector<double>>;

/// Rows as doubles, centred and scaled as those of `known` are.
class Standard {
 public:
  explicit Standard(const Tensor& known) : mean_(size(known)), scale_(size(known)) {
    const auto count = static_cast<double>(known.rows());
    for (std::int64_t i = 0; i < known.elements(); ++i) mean_[at(i)] += known.floats()[i] / count;
    for (std::int64_t i = 0; i < known.elements(); ++i) scale_[at(i)] += std::pow(known.floats()[i] - mean_[at(i)], 2);
    for (double& scale : scale_) scale = scale > 0 ? 1 / std::sqrt(scale / count) : 0;
  }
  Matrix operator()(const Tensor& features) const {
    Matrix rows(static_cast<std::size_t>(features.rows()), std::vector<double>(mean_.size()));
    for (std::int64_t i = 0; i < features.elements(); ++i) {
      rows[static_cast<std::size_t>(i / features.columns())][at(i)] =
          (features.floats()[i] - mean_[at(i)]) * scale_[at(i)];
    }
    return rows;
  }

 private:
  static std::size_t size(const Tensor& features) { return static_cast<std::size_t>(features.columns()); }
  std::size_t at(std::int64_t i) const { return static_cast<std::size_t>(i) % mean_.size(); }
  std::vector<double> mean_, scale_;
};

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// Solves A X = B in place of B by Cholesky's decomposition of the symmetric, positive A, which is overwritten.
void solve(Matrix& a, Matrix& b) {
  const std::size_t n = a.size();
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = j; i < n; ++i) {
      double sum = a[i][j];
      for (std::size_t k = 0; k < j; ++k) sum -= a[i][k] * a[j][k];
      a[i][j] = i == j ? std::sqrt(sum) : sum / a[j][j];
    }
  }
  for (std::size_t c = 0; c < b[0].size(); ++c) {
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < i; ++k) b[i][c] -= a[i][k] * b[k][c];
      b[i][c] /= a[i][i];
    }
    for (std::size_t i = n; i-- > 0;) {
      for (std::size_t k = i + 1; k < n; ++k) b[i][c] -= a[k][i] * b[k][c];
      b[i][c] /= a[i][i];
    }
  }
}

/// Mean over all tokens of all clips.
void mean_feature(const VisionTransformer& encoder, const std::vector<Tensor>& clips, float* out) {
  const Tape::Pause pause;
  std::int64_t tokens = 0;
  for (const Tensor& clip : clips) {
    const Shape shape = {1, clip.size(0), clip.size(1), clip.size(2), clip.size(3)};
    const Tensor features = encoder.forward(clip.reshape(shape)).value();
    for (std::int64_t i = 0; i < features.elements(); ++i) out[i % features.columns()] += features.floats()[i];
    tokens += features.rows();
  }
  const std::int64_t width = encoder.config().blocks.width;
  for (std::int64_t i = 0; i < width; ++i) out[i] /= static_cast<float>(tokens);
}

}  // namespace

OnlineProbe::OnlineProbe(const VideoList& videos, const ClipSampling& sampling, std::int64_t size, std::int64_t most)
    : sampling_(sampling), size_(size) {
  videos.check_labelled();
  check(most >= 2, "probe: at least 2 videos are needed, got {}", most);
  const auto all = static_cast<std::int64_t>(videos.entries.size());
  const std::int64_t count = std::min(all, most);
  for (std::int64_t i = 0; i < count; ++i) {
    videos_.entries.push_back(videos.entries[static_cast<std::size_t>(i * all / count)]);
  }
  videos_.labels = videos.labels;
  sampling_.random = false;
}

double OnlineProbe::accuracy(const VisionTransformer& encoder) const {
  const std::int64_t width = encoder.config().blocks.width;
  std::vector<float> features[2];
  std::vector<std::int64_t> labels[2];
  std::size_t read = 0;
  for (const VideoList::Entry& entry : videos_.entries) {
    std::vector<float> feature(static_cast<std::size_t>(width));
    try {
      mean_feature(encoder, evaluation_clips(entry.path, sampling_, size_, 1, Random(0, 0))[0], feature.data());
    } catch (const Error&) {
      continue;
    }
    const std::size_t half = read++ % 2;
    features[half].insert(features[half].end(), feature.begin(), feature.end());
    labels[half].push_back(entry.label);
  }
  check(read >= 2, "probe: at least 2 videos must be readable, got {}", read);
  const auto tensor = [&](const std::vector<float>& values) {
    return Tensor::from(std::span<const float>(values), {static_cast<std::int64_t>(values.size()) / width, width});
  };
  const std::vector<std::int64_t> predicted = ridge_labels(tensor(features[0]), labels[0], tensor(features[1]),
                                                           static_cast<std::int64_t>(videos_.labels.size()));
  std::int64_t right = 0;
  for (std::size_t i = 0; i < predicted.size(); ++i) right += predicted[i] == labels[1][i] ? 1 : 0;
  return static_cast<double>(right) / static_cast<double>(predicted.size());
}

std::vector<std::int64_t> ridge_labels(const Tensor& known, std::span<const std::int64_t> labels, const Tensor& asked,
                                       std::int64_t classes) {
  const Standard standard(known);
  const Matrix x = standard(known);
  Matrix gram(x.size(), std::vector<double>(x.size()));
  double trace = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t j = 0; j < x.size(); ++j) gram[i][j] = dot(x[i], x[j]);
    trace += gram[i][i];
  }
  const double ridge = 0.01 * trace / static_cast<double>(x.size()) + 1e-12;
  for (std::size_t i = 0; i < x.size(); ++i) gram[i][i] += ridge;
  Matrix weights(x.size(), std::vector<double>(static_cast<std::size_t>(classes)));
  for (std::size_t i = 0; i < x.size(); ++i) weights[i][static_cast<std::size_t>(labels[i])] = 1;
  // What is wanted is centred too: a class of many videos has no head start.
  for (std::size_t c = 0; c < weights[0].size(); ++c) {
    double mean = 0;
    for (const auto& row : weights) mean += row[c] / static_cast<double>(x.size());
    for (auto& row : weights) row[c] -= mean;
  }
  solve(gram, weights);
  std::vector<std::int64_t> result;
  for (const std::vector<double>& row : standard(asked)) {
    std::vector<double> scores(static_cast<std::size_t>(classes));
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double likeness = dot(row, x[i]);
      for (std::size_t c = 0; c < scores.size(); ++c) scores[c] += likeness * weights[i][c];
    }
    result.push_back(std::max_element(scores.begin(), scores.end()) - scores.begin());
  }
  return result;
}

}  // namespace sequent
