// A session on disk: read a long document once, continue from it whenever needed, bit for bit.
//
// The file is safetensors: the model state as "layers.N.NAME", "logits" of the last token, and "tokens", the last ones
// read. Its metadata name the model by fingerprint, the position, and a checksum of everything.
#pragma once

#include <cstdint>
#include <string>

#include "sequent/infer/session.h"
#include "sequent/models/model_directory.h"

namespace sequent {

/// A hash of the configuration and of every weight: states of one model mean nothing to another. Reads all weights.
std::uint64_t fingerprint(const LoadedModel& model);

/// Writes a session of `model`, replacing `path` at once or not at all. Error if nothing has been read yet. `note` is
/// kept with it, for whoever reads the file.
void save_session(const std::string& path, const LoadedModel& model, const Session& session,
                  const std::string& note = "");

/// The session as it was saved. A file that is damaged, cut short, from another model or something else altogether is
/// an Error that names the file and what is wrong in it.
/// `note` receives what was kept with it.
Session load_session(const std::string& path, const LoadedModel& model, std::string* note = nullptr);

}  // namespace sequent
