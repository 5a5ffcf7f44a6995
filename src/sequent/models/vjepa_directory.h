// V-JEPA models on disk; the siblings of models/model_directory.h.
//
// A model is a directory with a config.json and its weights, or a published file of weights alone
// (jepa-latest.pth.tar): a config.json of our own layout beside such a file says its sizes; without, they are read off
// its tensors.
#pragma once

#include <filesystem>
#include <memory>

#include "sequent/models/vjepa.h"
#include "sequent/models/vjepa_layout.h"

namespace sequent {

struct VJepaDescription {
  const VJepaLayout* layout;
  VJepaConfig config;
};
VJepaDescription read_vjepa_description(const std::filesystem::path& path);

/// Whether a directory holds a model of video, by the model_type of its config.json; a file does.
bool holds_vjepa(const std::filesystem::path& path);

/// Encoder, predictor and target encoder. Where a file has one encoder, it is both. An unknown tensor, a missing one or
/// one of a wrong shape is an Error that names it.
std::unique_ptr<VJepa> load_vjepa(const std::filesystem::path& path);

/// An encoder with its weights, mapped where they are float32.
class VideoEncoder {
 public:
  VideoEncoder(const VisionTransformerConfig& config, ParameterSource& source, const char* scope = "target_encoder")
      : parameters_(source), transformer_(config, "encoder", ParameterScope(parameters_)(scope)) {}
  VideoEncoder(const VideoEncoder&) = delete;
  VideoEncoder& operator=(const VideoEncoder&) = delete;

  const VisionTransformer& transformer() const { return transformer_; }
  const Parameters& parameters() const { return parameters_; }

 private:
  Parameters parameters_;
  VisionTransformer transformer_;
};

/// The encoder to use of a model: the target encoder where there is one, or the one that was trained, of which that is
/// the moving average. Other parts of the model are not read.
enum class EncoderChoice { target, context };
std::unique_ptr<VideoEncoder> load_video_encoder(const std::filesystem::path& path,
                                                 EncoderChoice choice = EncoderChoice::target);

/// Writes config.json and model.safetensors into an existing directory.
void save_vjepa(const std::filesystem::path& directory, const VJepa& model, const VJepaLayout& layout = kVJepa);

/// The same of V-JEPA 2 with a classifier, as VJEPA2ForVideoClassification of transformers.
void save_vjepa2_classifier(const std::filesystem::path& directory, const VJepa& model, const VideoProbe& probe);
/// Whether a model of video comes with a classifier.
bool holds_video_classifier(const std::filesystem::path& path);

/// Writes encoder, predictor and target encoder as the original code of V-JEPA does (jepa-latest.pth.tar), for
/// torch.load.
void save_vjepa_checkpoint(const std::filesystem::path& file, const VJepa& model);

/// The probe on an encoder of this configuration: a published file (*.pth.tar), a directory that save_video_probe()
/// wrote, or a directory of V-JEPA 2 with a classifier.
std::unique_ptr<VideoProbe> load_video_probe(const std::filesystem::path& path, const VisionTransformerConfig& encoder);
/// Writes config.json and model.safetensors into an existing directory.
void save_video_probe(const std::filesystem::path& directory, const VideoProbe& probe);

}  // namespace sequent
