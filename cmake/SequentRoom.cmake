# sequent_room(NAME [USES room...] [LINKS target...])
#
# One folder under src/sequent is one room. USES names the rooms to its left whose headers it may
# include (transitively); tests/house_test.cpp reads the same lines and rejects any other include.
# LINKS names third-party targets; they are private, so no header outside the room may need them.
function(sequent_room name)
  cmake_parse_arguments(ROOM "" "" "USES;LINKS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/cli/main\\.cpp$")
  add_library(sequent_${name} OBJECT ${sources})
  target_include_directories(sequent_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(sequent_${name} PUBLIC fmt::fmt PRIVATE ${ROOM_LINKS})
  target_sources(sequent PRIVATE $<TARGET_OBJECTS:sequent_${name}>)
  target_link_libraries(sequent PRIVATE ${ROOM_LINKS})

  set(all_rooms ${name})
  foreach(used IN LISTS ROOM_USES)
    get_target_property(rooms_of_used sequent_${used} SEQUENT_ROOMS)
    list(APPEND all_rooms ${rooms_of_used})
  endforeach()
  list(REMOVE_DUPLICATES all_rooms)
  set_target_properties(sequent_${name} PROPERTIES SEQUENT_ROOMS "${all_rooms}")
endfunction()

# sequent_link_rooms(TARGET room...)
#
# Links these rooms and all that they use, and nothing else of the library: what a test or a fuzzer of one room does not
# need is then not compiled for it, which under a sanitizer is most of the time of a build.
function(sequent_link_rooms target)
  foreach(room IN LISTS ARGN)
    get_target_property(rooms sequent_${room} SEQUENT_ROOMS)
    list(APPEND all_rooms ${rooms})
  endforeach()
  list(REMOVE_DUPLICATES all_rooms)
  list(TRANSFORM all_rooms PREPEND sequent_)
  target_link_libraries(${target} PRIVATE ${all_rooms})
endfunction()
