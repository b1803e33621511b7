# SPDX-License-Identifier: Apache-2.0
# A file's name says where it is compiled: NAME_linux, NAME_macos, NAME_windows there alone, NAME_posix on both that are no Windows,
# and every other name everywhere. Lists of sources name the files of all systems; pw_sources_here(LIST) keeps those of this one.
set(pw_posix "Linux;Darwin")
set(pw_linux "Linux")
set(pw_macos "Darwin")
set(pw_windows "Windows")

# The parts of the daemon that ask the system (sensor, server, app) and the programs are not there for each system yet; what is pure is.
set(PORTWATCH_HAS_PROGRAMS OFF)
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  set(PORTWATCH_HAS_PROGRAMS ON)
endif()

function(pw_sources_here list)
  set(kept "")
  foreach(source IN LISTS ${list})
    set(systems "${CMAKE_SYSTEM_NAME}")
    if(source MATCHES "_(linux|macos|windows|posix)(_test)?\\.(cpp|h|c|rc)$")
      set(systems "${pw_${CMAKE_MATCH_1}}")
    endif()
    if(CMAKE_SYSTEM_NAME IN_LIST systems)
      list(APPEND kept "${source}")
    endif()
  endforeach()
  set(${list} "${kept}" PARENT_SCOPE)
endfunction()
