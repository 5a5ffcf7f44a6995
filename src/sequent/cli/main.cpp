#include <fmt/core.h>

#include <string_view>

#include "sequent/cli/verbs.h"

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "--version") {
    fmt::print("sequent {}\n", SEQUENT_VERSION);
    return 0;
  }
  return sequent::dispatch("sequent", "Trains, runs and compares post-Transformer language models on CPUs.",
                           sequent::verbs(), argc, argv);
}
