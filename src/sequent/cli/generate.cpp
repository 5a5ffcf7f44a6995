// sequent generate: text from a model, streamed as it is written.
#include "sequent/infer/generate.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/base/units.h"
#include "sequent/cli/common.h"
#include "sequent/cli/precision_flag.h"
#include "sequent/cli/sampler_flags.h"
#include "sequent/cli/verbs.h"
#include "sequent/infer/state_file.h"
#include "sequent/text/sentinels.h"
#include "sequent/text/span_corruption.h"

namespace sequent {
namespace {

struct Flags {
  std::string model;
  std::string prompt;
  std::string prompt_file;
  bool special = false;
  std::string save_state;
  std::string load_state;
  GenerateOptions options;
};

nlohmann::json json_of(const Generation& result) {
  return {{"text", result.text},
          {"tokens", result.tokens},
          {"stop_reason", name_of(result.reason)},
          {"prompt_tokens", result.prompt_tokens},
          {"generated_tokens", result.tokens.size()},
          {"prefill_seconds", result.prefill_seconds},
          {"prefill_tokens_per_second", result.prefill_tokens_per_second()},
          {"decode_seconds", result.decode_seconds},
          {"decode_ms_per_token", result.decode_milliseconds_per_token()},
          {"state_bytes", result.state_bytes}};
}

void report(const Generation& result) {
  note("read {} tokens ({}), wrote {} ({} each), state {}", result.prompt_tokens,
       format_rate(result.prefill_tokens_per_second(), "tokens"), result.tokens.size(),
       format_duration(1e-3 * result.decode_milliseconds_per_token()),
       format_bytes(static_cast<double>(result.state_bytes)));
}

int exit_code(const Generation& result) {
  return result.reason == StopReason::interrupted ? kInterruptedExit : 0;
}

std::string prompt_of(const Flags& flags) {
  if (!flags.prompt_file.empty()) return read_input(flags.prompt_file);
  return flags.prompt == "-" ? read_input("-") : flags.prompt;
}

// The prompt with its blanks filled in.
std::string filled(const OpenedEncoderDecoder& model, std::span<const std::int32_t> input, const Generation& result) {
  const auto end_of_text = static_cast<std::int32_t>(model.loaded.model->config().end_of_text);
  const auto vocabulary = model.tokenizer.vocabulary_size();
  std::vector<std::int32_t> ids = fill_blanks(input, result.tokens, sentinels_of(model.tokenizer), end_of_text);
  std::erase_if(ids, [&](std::int32_t id) { return id >= vocabulary; });
  return model.tokenizer.decode(ids, /*special=*/true);
}

int answer(Flags& flags, bool json) {
  check(flags.save_state.empty() && flags.load_state.empty(),
        "the state of an encoder-decoder cannot be saved: it belongs to one answer");
  const OpenedEncoderDecoder model = open_encoder_decoder(flags.model);
  const std::vector<std::int32_t> input = encoder_input(*model.loaded.model, model.tokenizer, prompt_of(flags));
  flags.options.interrupt = &catch_interrupts();
  const Generation result =
      generate(*model.loaded.model, model.tokenizer, input, flags.options, [&](std::string_view piece) {
        if (!json) write_out(piece);
      });
  const std::string whole = filled(model, input, result);
  if (json) {
    nlohmann::json object = json_of(result);
    object["filled_text"] = whole;
    write_json(object);
  } else {
    if (!result.text.ends_with('\n')) write_out("\n");
    note("filled in: {}", whole);
    report(result);
  }
  return exit_code(result);
}

int generate_text(Flags& flags, bool json) {
  const std::string prompt = prompt_of(flags);
  const OpenedModel model = open_model(flags.model);
  Session session =
      flags.load_state.empty() ? Session(*model.loaded.model) : load_session(flags.load_state, model.loaded);
  flags.options.interrupt = &catch_interrupts();
  flags.options.end_tokens = model.end_tokens;
  // What a saved session goes on with is not the beginning of a text.
  const std::vector<std::int32_t> ids = session.position() == 0 ? model.tokenizer.encode_prompt(prompt, flags.special)
                                                                : model.tokenizer.encode(prompt, flags.special);
  const Generation result = generate(session, model.tokenizer, ids, flags.options, [&](std::string_view piece) {
    if (!json) write_out(piece);
  });
  if (!flags.save_state.empty()) save_session(flags.save_state, model.loaded, session);
  if (json) {
    write_json(json_of(result));
  } else {
    if (!result.text.ends_with('\n')) write_out("\n");
    report(result);
  }
  return exit_code(result);
}

}  // namespace

int run_generate(int argc, char** argv) {
  CLI::App app("Writes text with a model: what follows a prompt, streamed to stdout.", "sequent generate");
  Flags flags;
  CommonFlags common(app);
  app.add_option("MODEL", flags.model, "model directory or run directory")->required();
  auto* prompt = app.add_option("-p,--prompt", flags.prompt,
                                "text to continue, or with blanks such as <extra_id_0> for an "
                                "encoder-decoder to fill in; -: from stdin; none: a new document");
  app.add_option("--prompt-file", flags.prompt_file, "read the prompt from a file")->excludes(prompt);
  app.add_flag("--special", flags.special, "read special tokens such as <|endoftext|> in the prompt as such");
  add_generate_flags(app, flags.options);
  const PrecisionFlag precision(app);
  app.add_option("--save-state", flags.save_state, "write what the model remembers at the end to this file");
  app.add_option("--load-state", flags.load_state, "go on from such a file; an empty prompt continues its text");
  app.footer("Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted (what was written and the state are kept).");
  if (const auto code = common.parse(app, argc, argv)) return *code;
  const ProductPrecisionScope scope(precision.value());
  return names_encoder_decoder(flags.model) ? answer(flags, common.json()) : generate_text(flags, common.json());
}

}  // namespace sequent
