#include "sequent/models/gguf_model.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sequent/base/error.h"
#include "sequent/base/shown_name.h"
#include "sequent/checkpoint/weights.h"
#include "sequent/kernels/quantisation.h"
#include "sequent/models/gguf_layout.h"
#include "sequent/models/names.h"
#include "sequent/models/published_pieces.h"
#include "sequent/nn/stored_values.h"

namespace sequent {
namespace {

namespace fs = std::filesystem;

// What becomes of a parameter between here and there, beyond its name.
enum class Form : std::uint8_t { same, negative_exponential, interleaved };

Form form_of(const GgufLayout& layout, std::string_view name) {
  if (name.ends_with(".ssm_a")) return Form::negative_exponential;
  const bool rotated =
      name.find(".attn_q.") != std::string_view::npos || name.find(".attn_k.") != std::string_view::npos;
  return rotated && layout.interleaved_rotary ? Form::interleaved : Form::same;
}

// Ours has the rows j < d/2 of a head before the others; there row 2j is followed by the one that is rotated with it.
// The rows are moved whole, whatever they are stored in.
Tensor with_rows_moved(const Tensor& from, std::int64_t head_width, bool to_pairs) {
  const std::int64_t rows = from.size(0), bytes = rows > 0 ? from.bytes() / rows : 0, half = head_width / 2;
  check(rows % head_width == 0, "GGUF: {} rows are no whole number of heads of {}", rows, head_width);
  const Tensor to = Tensor::empty(from.shape(), from.dtype());
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::int64_t head = row / head_width * head_width, at = row % head_width;
    const std::int64_t moved = to_pairs ? head + at % half * 2 + at / half : head + at % 2 * half + at / 2;
    std::memcpy(to.mutable_raw() + moved * bytes, from.raw() + row * bytes, static_cast<std::size_t>(bytes));
  }
  return to;
}

Tensor negative_exponential(const Tensor& logarithms) {
  const Tensor values = Tensor::empty(logarithms.shape());
  for (std::int64_t i = 0; i < values.elements(); ++i) {
    values.mutable_floats()[i] = -std::exp(logarithms.floats()[i]);
  }
  return values;
}

Tensor logarithm_of_negative(const Tensor& values, std::string_view name) {
  const Tensor logarithms = Tensor::empty(values.shape());
  for (std::int64_t i = 0; i < values.elements(); ++i) {
    const float value = values.floats()[i];
    check(value < 0, "GGUF: {} must be negative, got {}", name, value);
    logarithms.mutable_floats()[i] = std::log(-value);
  }
  return logarithms;
}

class GgufWeights : public ParameterSource {
 public:
  GgufWeights(const GgufLayout& layout, const LanguageModelConfig& config, WeightSource& weights)
      : layout_(layout), head_width_(config.mixers.attention.head_width), weights_(weights) {}

  Tensor make(const std::string& name, const Shape& shape, const Initializer& initializer) override {
    const PublishedName place = published_names(layout_.names, name).front();
    const Tensor floats = dequantised(make_matrix(name, shape, initializer), place.name);
    return form_of(layout_, place.name) == Form::negative_exponential ? logarithm_of_negative(floats, place.name)
                                                                      : floats;
  }

  Tensor make_matrix(const std::string& name, const Shape& shape, const Initializer&) override {
    const PublishedName place = published_names(layout_.names, name).front();
    Tensor stored = weights_.stored_tensor(place.name);
    // A further axis of one, or of groups.
    const bool columns = layout_.state_columns && shape.rank() == 1 && stored.elements() == shape.elements();
    if (columns) stored = stored.reshape(shape);
    const Tensor piece = cut_piece(stored, place, shape);
    return form_of(layout_, place.name) == Form::interleaved ? with_rows_moved(piece, head_width_, false) : piece;
  }

 private:
  const GgufLayout& layout_;
  std::int64_t head_width_;
  WeightSource& weights_;
};

// One tensor to be written: what it is called there, and the parameters that it is made of.
struct Outgoing {
  std::string name;
  bool floats;  // whatever the rest is stored in
  Shape shape;
  std::vector<PublishedPiece> pieces;
};

Shape outgoing_shape(const GgufLayout& layout, const LanguageModelConfig& config, const std::string& name,
                     const Shape& shape) {
  if (!layout.state_columns) return shape;
  if (name.ends_with(".ssm_a") || name.ends_with(".ssm_d")) return {shape[0], 1};
  const std::int64_t groups = config.mixers.mamba2.groups;
  return name.ends_with(".ssm_norm.weight") ? Shape{groups, shape[0] / groups} : shape;
}

std::vector<Outgoing> outgoing_of(const GgufLayout& layout, const LanguageModel& model) {
  std::vector<Outgoing> all;
  std::unordered_map<std::string, std::size_t> places;
  for (const Parameter& parameter : model.parameters().all()) {
    PublishedPiece piece = {published_names(layout.names, parameter.name).front(), parameter.var.value()};
    const auto [place, is_new] = places.emplace(piece.name.name, all.size());
    if (is_new) {
      const bool floats = stays_float(parameter.name, parameter.var.shape());
      all.push_back({.name = piece.name.name, .floats = floats, .shape = {}, .pieces = {}});
    }
    all[place->second].pieces.push_back(std::move(piece));
  }
  for (Outgoing& each : all) {
    const Shape& shape = each.pieces.front().tensor.shape();
    each.shape = outgoing_shape(layout, model.config(), each.name, shape);
    if (each.pieces.front().name.layout == NameRule::Layout::stacked) {
      each.shape = {static_cast<std::int64_t>(each.pieces.size()), shape[0], shape[1]};
    }
  }
  return all;
}

Tensor value_of(const Outgoing& tensor, const GgufLayout& layout, std::int64_t head_width) {
  const Tensor whole = join_pieces(tensor.pieces).front().tensor;
  switch (form_of(layout, tensor.name)) {
    case Form::negative_exponential:
      return negative_exponential(dequantised(whole, tensor.name)).reshape(tensor.shape);
    case Form::interleaved:
      return with_rows_moved(whole, head_width, true);
    case Form::same:
      break;
  }
  return whole.reshape(tensor.shape);
}

DType stored_type(const Outgoing& tensor, DType wanted) {
  if (tensor.floats) return DType::f32;
  if (!is_quantised(wanted)) return wanted;
  for (const DType type : {wanted, DType::q8_0}) {
    if (tensor.shape.columns() % block_of(type).elements == 0) return type;
  }
  return DType::f16;
}

// The numbers that other programs have for "mostly this type".
std::uint32_t file_type_of(DType type) {
  constexpr std::array<std::pair<DType, std::uint32_t>, 6> kNumbers = {
      {{DType::f32, 0}, {DType::f16, 1}, {DType::q4_0, 2}, {DType::q8_0, 7}, {DType::q4_k, 15}, {DType::bf16, 32}}};
  for (const auto& [known, number] : kNumbers) {
    if (known == type) return number;
  }
  fail("GGUF: weights can be written as f32, f16, bf16, q8_0, q4_0 or q4_k, not {}", name_of(type));
}

}  // namespace

bool holds_gguf(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && is_gguf(MappedFile::open(path.string())->bytes());
}

LanguageModelConfig read_gguf_description(const fs::path& path) {
  WeightSource weights = WeightSource::open(path.string());
  return read_gguf_config(read_gguf_metadata(path.string()), weights);
}

std::unique_ptr<LanguageModel> load_gguf_model(const fs::path& path) {
  WeightSource weights = WeightSource::open(path.string());
  const GgufMetadata metadata = read_gguf_metadata(path.string());
  const LanguageModelConfig config = read_gguf_config(metadata, weights);
  GgufWeights source(gguf_layout_of(metadata.text("general.architecture")), config, weights);
  auto model = std::make_unique<LanguageModel>(config, source);
  weights.expect_all_taken();
  return model;
}

void save_gguf_model(const fs::path& path, const LanguageModel& model, const GgufOptions& options) {
  LanguageModelConfig config = model.config();
  const GgufLayout& layout = gguf_layout_for(config);
  GgufValues values = {{"general.architecture", std::string(layout.architecture)},
                       {"general.file_type", file_type_of(options.dtype)}};
  if (is_quantised(options.dtype)) values.emplace_back("general.quantization_version", std::uint32_t{2});
  GgufExchange exchange(values, layout.architecture);
  layout.describe(exchange, config);
  values.insert(values.end(), options.values.begin(), options.values.end());

  const std::vector<Outgoing> outgoing = outgoing_of(layout, model);
  std::vector<GgufTensor> tensors;
  std::int64_t total = 0, done = 0;
  for (const Outgoing& each : outgoing) {
    tensors.push_back({each.name, each.shape, stored_type(each, options.dtype)});
    total += bytes_of(each.shape, tensors.back().dtype);
  }
  for (const NamedTensor& each : exchange.tensors()) tensors.push_back({each.name, each.tensor.shape(), DType::f32});
  save_gguf(path.string(), values, tensors, [&](std::size_t i) {
    if (i >= outgoing.size()) return exchange.tensors()[i - outgoing.size()].tensor;
    const Tensor value = value_of(outgoing[i], layout, config.mixers.attention.head_width);
    const Tensor stored = to_stored(value, tensors[i].dtype, tensors[i].name);
    done += stored.bytes();
    if (options.progress) options.progress(done, total);
    return stored;
  });
}

}  // namespace sequent
