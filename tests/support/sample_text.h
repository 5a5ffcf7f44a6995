// Text to train on in tests.
#pragma once

#include <string>

namespace sequent::test {

/// Text with some structure for a model to find.
inline std::string some_text(int sentences) {
  const char* const subjects[] = {"the cat", "a dog", "my friend", "the old man"};
  const char* const verbs[] = {"sees", "likes", "hears", "follows"};
  std::string text;
  for (int i = 0; i < sentences; ++i) {
    text += std::string(subjects[(i * 7 + i / 5) % 4]) + " " + verbs[(i * 3 + i / 7) % 4] + " " +
            subjects[(i * 5 + 1) % 4] + ".\n";
  }
  return text;
}

}  // namespace sequent::test
