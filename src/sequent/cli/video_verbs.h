// The verbs of `sequent video`. To add one: its file, and a line in video.cpp.
#pragma once

namespace sequent {

int run_video_features(int argc, char** argv);
int run_video_pretrain(int argc, char** argv);
int run_video_probe(int argc, char** argv);
int run_video_synth(int argc, char** argv);

}  // namespace sequent
