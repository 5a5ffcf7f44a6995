# sequent_room(NAME [USES room...] [LINKS target...])
#
# One folder under src/sequent is one room. USES names the rooms to its left whose headers it may
# include (transitively); tests/house_test.cpp reads the same lines and rejects any other include.
# LINKS names third-party targets; they are private, so no header outside the room may need them.
function(sequent_room name)
  cmake_parse_arguments(ROOM "" "" "USES;LINKS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/cli/main\\.cpp$")
  if(NOT sources)
    return()
  endif()
  add_library(sequent_${name} OBJECT ${sources})
  target_include_directories(sequent_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(sequent_${name} PUBLIC fmt::fmt PRIVATE ${ROOM_LINKS})
  target_sources(sequent PRIVATE $<TARGET_OBJECTS:sequent_${name}>)
  target_link_libraries(sequent PRIVATE ${ROOM_LINKS})
endfunction()
