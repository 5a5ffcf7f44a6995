// sequent logits: the raw numbers, for comparison with other implementations.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "sequent/base/error.h"
#include "sequent/base/files.h"
#include "sequent/base/json.h"
#include "sequent/base/stopwatch.h"
#include "sequent/checkpoint/safetensors.h"
#include "sequent/cli/common.h"
#include "sequent/cli/number_checks.h"
#include "sequent/cli/verbs.h"
#include "sequent/infer/sequence_logits.h"

namespace sequent {
namespace {

struct Flags {
  std::string model;
  std::string ids;
  std::string encoder_ids;
  std::string form = "parallel";
  std::int64_t chunk = 64;
  std::string out;
};

struct Sequences {
  std::vector<std::int32_t> ids;
  std::vector<std::int64_t> lengths;
};

void add_sequence(const nlohmann::json& list, const std::string& file, Sequences& sequences) {
  const std::size_t number = sequences.lengths.size();
  check(list.is_array() && !list.empty(), "{}: sequence {} must be a list of at least one id, got {}", file, number,
        list.dump().substr(0, 40));
  for (const nlohmann::json& id : list) {
    check(id.is_number_integer() && id >= 0 && id <= std::numeric_limits<std::int32_t>::max(),
          "{}: sequence {}: an id must be an integer from 0 up, got {}", file, number, id.dump().substr(0, 40));
    sequences.ids.push_back(id.get<std::int32_t>());
  }
  sequences.lengths.push_back(static_cast<std::int64_t>(list.size()));
}

Sequences read_sequences(const std::string& file) {
  const nlohmann::json json = parse_json(read_text(file), file);
  check(json.is_array() && !json.empty(), "{}: there must be a list of ids, or of lists of ids", file);
  Sequences sequences;
  if (json.front().is_array()) {
    for (const nlohmann::json& list : json) add_sequence(list, file, sequences);
  } else {
    add_sequence(json, file, sequences);
  }
  return sequences;
}

// The logits, and how long they took.
std::pair<Tensor, double> compute(const Flags& flags, const Sequences& sequences) {
  const Form form = form_of(flags.form);
  const std::filesystem::path directory = find_model_directory(flags.model);
  const Segments segments = Segments::of_lengths(sequences.lengths);
  if (!holds_encoder_decoder(directory)) {
    check(flags.encoder_ids.empty(), "--encoder-ids: {} holds no encoder-decoder", directory.string());
    const LoadedModel loaded = load_model(directory);
    const Stopwatch watch;
    const Tensor logits = sequence_logits(*loaded.model, sequences.ids, segments, form, flags.chunk);
    return {logits, watch.seconds()};
  }
  check(!flags.encoder_ids.empty(), "an encoder-decoder needs --encoder-ids, the input of each sequence");
  const Sequences input = read_sequences(flags.encoder_ids);
  const LoadedEncoderDecoder loaded = load_encoder_decoder(directory);
  const Stopwatch watch;
  const Tensor logits = sequence_logits(*loaded.model, input.ids, Segments::of_lengths(input.lengths), sequences.ids,
                                        segments, form, flags.chunk);
  return {logits, watch.seconds()};
}

int write_logits(const Flags& flags, bool json) {
  const Sequences sequences = read_sequences(flags.ids);
  const auto [logits, seconds] = compute(flags, sequences);
  save_safetensors(flags.out, std::vector<NamedTensor>{{"logits", logits}});
  if (json) {
    write_json({{"sequences", sequences.lengths.size()},
                {"tokens", logits.size(0)},
                {"vocabulary", logits.size(1)},
                {"form", flags.form},
                {"seconds", seconds},
                {"out", flags.out}});
  } else {
    note("{}: logits {}, {} sequences", flags.out, to_string(logits.shape()), sequences.lengths.size());
  }
  return 0;
}

}  // namespace

int run_logits(int argc, char** argv) {
  CLI::App app(
      "Writes the logits of a model for given token ids: tensor \"logits\" [tokens, vocabulary], float32, the "
      "sequences end to end.",
      "sequent logits");
  Flags flags;
  CommonFlags common(app);
  app.add_option("MODEL", flags.model, "model directory or run directory")->required();
  app.add_option("--ids", flags.ids, "JSON file: a list of ids, or a list of such lists")->required();
  app.add_option("--encoder-ids", flags.encoder_ids,
                 "the same for the encoder of an encoder-decoder; --ids are then what its decoder reads");
  app.add_option("--form", flags.form, "how to compute them: all at once, in chunks, or token by token")
      ->check(CLI::IsMember({"parallel", "chunked", "recurrent"}));
  app.add_option("--chunk", flags.chunk, "tokens of a chunk, for --form chunked")->check(positive_integer());
  app.add_option("--out", flags.out, "safetensors file to write")->required();
  if (const auto code = common.parse(app, argc, argv)) return *code;
  return write_logits(flags, common.json());
}

}  // namespace sequent
