#include "sequent/cli/sampler_flags.h"

#include <CLI/CLI.hpp>

#include "sequent/cli/number_checks.h"

namespace sequent {
void add_generate_flags(CLI::App& app, GenerateOptions& options) {
  SamplerOptions& sampler = options.sampler;
  const CLI::Validator not_negative = number<double>("a number from 0 up", [](double x) { return x >= 0; });
  const CLI::Validator positive = number<double>("a number above 0", [](double x) { return x > 0; });
  const CLI::Validator fraction = number<double>("from 0 to 1", [](double x) { return x >= 0 && x <= 1; });
  const CLI::Validator positive_fraction =
      number<double>("above 0, at most 1", [](double x) { return x > 0 && x <= 1; });
  app.add_option("-n,--max-tokens", options.max_tokens, "stop after so many tokens")->check(not_negative_integer());
  app.add_option("--temp", sampler.temperature, "temperature; 0 always takes the likeliest token")->check(not_negative);
  app.add_option("--top-k", sampler.top_k, "choose among so many of the likeliest tokens; 0: all")
      ->check(not_negative_integer());
  app.add_option("--top-p", sampler.top_p, "choose among the likeliest that have this probability together")
      ->check(positive_fraction);
  app.add_option("--min-p", sampler.min_p, "leave out what is less likely than this times the likeliest")
      ->check(fraction);
  app.add_option("--repeat-penalty", sampler.repeat_penalty, "above 1 makes tokens seen lately less likely")
      ->check(positive);
  app.add_option("--repeat-window", sampler.repeat_window, "how many tokens count as lately")
      ->check(
          number<std::int64_t>("from 0 to 4096", [](std::int64_t n) { return n >= 0 && n <= kMaximumRepeatWindow; }));
  app.add_flag("--ignore-end-of-text", options.ignore_end_of_text, "go on with another document where one ends");
  app.add_option("-s,--seed", sampler.seed, "of the random numbers: the same seed gives the same text");
  app.add_option("--stop", options.stop, "end the text before this; may be given several times")
      ->type_name("TEXT")
      ->always_capture_default(false)
      ->default_str("")
      ->allow_extra_args(false);
}

}  // namespace sequent
