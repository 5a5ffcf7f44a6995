#include <fmt/format.h>

#include <array>

#include "sequent/text/character_kind.h"
#include "sequent/text/gpt2_splitter.h"
#include "sequent/text/metaspace_splitter.h"
#include "sequent/text/prefix_space_splitter.h"
#include "sequent/text/regex_splitter.h"
#include "sequent/text/tokenizer_json_parts.h"

namespace sequent {
namespace {

using Json = nlohmann::json;

/// What is being read into.
struct Target {
  const TokenizerJson& file;
  std::vector<std::unique_ptr<Splitter>>& splitters;
  bool& byte_level;

  void add_pattern(std::string_view pattern, SplitBehavior behavior, bool invert = false) {
    splitters.push_back(std::make_unique<RegexSplitter>(pattern, file.name, behavior, invert));
  }
};

SplitBehavior behavior_of(const Json& part, const TokenizerJson& file) {
  constexpr std::array<std::pair<std::string_view, SplitBehavior>, 5> kBehaviors = {
      {{"Removed", SplitBehavior::removed},
       {"Isolated", SplitBehavior::isolated},
       {"MergedWithPrevious", SplitBehavior::merged_with_previous},
       {"MergedWithNext", SplitBehavior::merged_with_next},
       {"Contiguous", SplitBehavior::contiguous}}};
  const auto name = part.at("behavior").get<std::string>();
  for (const auto& [known, behavior] : kBehaviors) {
    if (name == known) return behavior;
  }
  fail("{}: pre_tokenizer {}: there is no behavior {}", file.name, part.value("type", ""), name);
}

void add_byte_level(const Json& part, Target& target) {
  target.byte_level = true;
  if (part.value("add_prefix_space", true)) target.splitters.push_back(std::make_unique<PrefixSpaceSplitter>());
  if (part.value("use_regex", true)) target.splitters.push_back(std::make_unique<Gpt2Splitter>());
}

void add_split(const Json& part, Target& target) {
  const SplitBehavior behavior = behavior_of(part, target.file);
  const bool invert = part.value("invert", false);
  const Json& pattern = part.at("pattern");
  const std::string regex = pattern.contains("Regex") ? pattern.at("Regex").get<std::string>()
                                                      : Regex::escaped(pattern.at("String").get<std::string>());
  if (regex == kGpt2Pattern && behavior == SplitBehavior::isolated && !invert) {
    target.splitters.push_back(std::make_unique<Gpt2Splitter>());
  } else {
    target.add_pattern(regex, behavior, invert);
  }
}

void add_metaspace(const Json& part, Target& target) {
  const std::string scheme = part.value("prepend_scheme", std::string("always"));
  const bool prepend = absent(part, "add_prefix_space") || part.at("add_prefix_space").get<bool>();
  check(scheme == "always" || scheme == "first" || scheme == "never", "{}: Metaspace: there is no prepend_scheme {}",
        target.file.name, scheme);
  check(prepend || !part.contains("prepend_scheme") || scheme == "never",
        "{}: Metaspace: add_prefix_space false and prepend_scheme {} contradict each other", target.file.name, scheme);
  const PrependScheme read = !prepend || scheme == "never" ? PrependScheme::never
                             : scheme == "first"           ? PrependScheme::first
                                                           : PrependScheme::always;
  const bool cut = absent(part, "split") || part.at("split").get<bool>();
  target.splitters.push_back(
      std::make_unique<MetaspaceSplitter>(read_character(part, "replacement", target.file), read, cut));
}

void add_whitespace_split(const Json&, Target& target) {
  target.add_pattern("\\s", SplitBehavior::removed);
}

void add_whitespace(const Json&, Target& target) {
  // "\w+|[^\w\s]+" of another library, to which words are something else.
  target.add_pattern(fmt::format("[{0}]+|[^{0}\\s]+", kWordCharacters), SplitBehavior::removed, /*invert=*/true);
}

void add_digits(const Json& part, Target& target) {
  target.add_pattern("\\p{N}",
                     part.value("individual_digits", false) ? SplitBehavior::isolated : SplitBehavior::contiguous);
}

void add_punctuation(const Json& part, Target& target) {
  target.add_pattern("[\\p{P}$+<=>\\^`|~]",
                     part.contains("behavior") ? behavior_of(part, target.file) : SplitBehavior::isolated);
}

void add_sequence(const Json& part, Target& target) {
  for (const Json& each : part.at("pretokenizers")) {
    read_pre_tokenizer(each, target.file, target.splitters, target.byte_level);
  }
}

struct Entry {
  std::string_view type;
  void (*add)(const Json&, Target&);
};

constexpr std::array<Entry, 8> kPreTokenizers = {{{"ByteLevel", add_byte_level},
                                                  {"Split", add_split},
                                                  {"Metaspace", add_metaspace},
                                                  {"WhitespaceSplit", add_whitespace_split},
                                                  {"Whitespace", add_whitespace},
                                                  {"Digits", add_digits},
                                                  {"Punctuation", add_punctuation},
                                                  {"Sequence", add_sequence}}};

}  // namespace

void read_pre_tokenizer(const Json& part, const TokenizerJson& file, std::vector<std::unique_ptr<Splitter>>& splitters,
                        bool& byte_level) {
  const Entry& entry = entry_for(kPreTokenizers, part, file, "pre_tokenizer");
  check(!byte_level, "{}: pre_tokenizer {} behind ByteLevel is not supported", file.name, entry.type);
  Target target{file, splitters, byte_level};
  entry.add(part, target);
}

}  // namespace sequent
