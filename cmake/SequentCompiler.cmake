# Warnings, sanitizers and the compiler cache, for every target of this project.
find_program(SEQUENT_CCACHE ccache)
if(SEQUENT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # With paths relative to the checkout, so that a second clone finds what the first one compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=true
      ${SEQUENT_CCACHE})
endif()
# Nor do programs know where they were built: what the cache gives a second clone must not name the first.
add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror=return-type)
# Release keeps assertions of our own mistakes out, but never the checks of user input, which throw.
if(SEQUENT_SANITIZE)
  # -O1 whatever the build type: much faster to run than -O0, much faster to compile than -O3, good stack traces.
  add_compile_options(-fsanitize=${SEQUENT_SANITIZE} -fno-omit-frame-pointer -g1 -O1)
  add_link_options(-fsanitize=${SEQUENT_SANITIZE})
  if(SEQUENT_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
  endif()
  if(SEQUENT_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()
