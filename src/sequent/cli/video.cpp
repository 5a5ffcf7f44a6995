#include <array>

#include "sequent/cli/verbs.h"
#include "sequent/cli/video_verbs.h"

namespace sequent {
namespace {

constexpr std::array<Verb, 4> kVerbs = {{
    {"pretrain", "train an encoder on videos without labels", run_video_pretrain},
    {"features", "what an encoder makes of videos, for other programs or as a picture", run_video_features},
    {"probe", "how well a classifier of frozen features does on labelled videos", run_video_probe},
    {"synth", "make a labelled data set of moving shapes", run_video_synth},
}};

}  // namespace

int run_video(int argc, char** argv) {
  return dispatch("sequent video", "Learns from video without labels, and looks at what was learned.", kVerbs, argc,
                  argv);
}

}  // namespace sequent
