// Sizes of a model from the tensors of a file that says nothing else about it. Private to this room.
#pragma once

#include "sequent/checkpoint/weights.h"
#include "sequent/models/video_probe.h"
#include "sequent/models/vjepa_config.h"

namespace sequent {

/// The configuration of a model in the files published with V-JEPA. The number of heads follows from the width, which
/// must be one of vision_sizes(); the grid and the kind of positions from the stored positions, which must be the fixed
/// ones.
VJepaConfig config_of_published_tensors(const WeightSource& weights);

/// The same of its probe, on an encoder of that configuration.
VideoProbeConfig probe_of_published_tensors(const WeightSource& weights, const VisionTransformerConfig& encoder);

}  // namespace sequent
