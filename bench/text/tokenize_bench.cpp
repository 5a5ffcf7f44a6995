// Encodes a text again and again on one thread: tokenize_bench TOKENIZER TEXT ROUNDS. Prints a JSON object: bytes, tokens,
// seconds of each round; the first fills the cache of pieces, the others find it filled.
#include <fmt/ranges.h>

#include <cstdio>
#include <string>

#include "sequent/base/error.h"
#include "sequent/base/files.h"
#include "sequent/base/stopwatch.h"
#include "sequent/text/tokenizer.h"

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: tokenize_bench TOKENIZER TEXT ROUNDS\n");
    return 2;
  }
  try {
    const sequent::Tokenizer tokenizer = sequent::Tokenizer::load(argv[1]);
    const std::string text = sequent::read_text(argv[2]);
    std::vector<double> seconds;
    std::size_t tokens = 0;
    for (int round = 0; round < std::stoi(argv[3]); ++round) {
      const sequent::Stopwatch watch;
      tokens = tokenizer.encode(text).size();
      seconds.push_back(watch.seconds());
    }
    fmt::print("{{\"bytes\": {}, \"tokens\": {}, \"seconds\": {}}}\n", text.size(), tokens, seconds);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
