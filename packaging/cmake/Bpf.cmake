# SPDX-License-Identifier: Apache-2.0
# The programs that run in the kernel: whether they can be built here (PORTWATCH_HAS_BPF), and how. They are compiled by
# clang for the target bpf, and bpftool makes a header of each that holds the program itself.
set(PORTWATCH_BPF AUTO CACHE STRING "The Linux event sensor in the kernel: ON, OFF, or AUTO (where its tools are)")
set_property(CACHE PORTWATCH_BPF PROPERTY STRINGS AUTO ON OFF)
if(NOT PORTWATCH_BPF MATCHES "^(ON|OFF|AUTO)$")
  message(FATAL_ERROR "PORTWATCH_BPF is ${PORTWATCH_BPF}; it can be ON, OFF or AUTO")
endif()

set(PORTWATCH_HAS_BPF OFF)
set(bpf_missing)
if(NOT PORTWATCH_BPF STREQUAL OFF)
  if(NOT CMAKE_SYSTEM_NAME STREQUAL Linux)
    list(APPEND bpf_missing "Linux")
  endif()
  find_program(PORTWATCH_BPF_CLANG NAMES clang-19 clang-20 clang-21 clang)
  find_program(PORTWATCH_BPFTOOL NAMES bpftool HINTS /usr/sbin /usr/local/sbin)
  pkg_check_modules(libbpf IMPORTED_TARGET libbpf>=1.0)
  if(NOT PORTWATCH_BPF_CLANG)
    list(APPEND bpf_missing "clang 19")
  else()
    file(WRITE "${PROJECT_BINARY_DIR}/generated/bpf/probe.c" "constexpr int kSize = 8;\nstatic_assert(sizeof(long) == kSize);\n")
    execute_process(
      COMMAND "${PORTWATCH_BPF_CLANG}" -target bpf -std=gnu23 -c "${PROJECT_BINARY_DIR}/generated/bpf/probe.c" -o /dev/null
      RESULT_VARIABLE bpf_clang_result OUTPUT_QUIET ERROR_QUIET)
    if(NOT bpf_clang_result EQUAL 0)
      list(APPEND bpf_missing "clang 19 (${PORTWATCH_BPF_CLANG} has no target bpf, or no C23)")
    endif()
  endif()
  if(NOT PORTWATCH_BPFTOOL)
    list(APPEND bpf_missing "bpftool")
  endif()
  if(NOT libbpf_FOUND)
    list(APPEND bpf_missing "libbpf 1.0 (libbpf-dev)")
  endif()

  list(JOIN bpf_missing ", " bpf_missing)
  if(NOT bpf_missing)
    set(PORTWATCH_HAS_BPF ON)
    message(STATUS "Event sensor in the kernel: built with ${PORTWATCH_BPF_CLANG}")
  elseif(PORTWATCH_BPF STREQUAL ON)
    message(FATAL_ERROR "PORTWATCH_BPF=ON needs what is missing here: ${bpf_missing}. packaging/install-deps.sh build installs it")
  else()
    message(STATUS "Event sensor in the kernel: left out, because these are missing: ${bpf_missing}")
  endif()
endif()

# pw_bpf_skeleton(events FOLDER/events.bpf.c [DEFINITION...]) makes generated/bpf/events.skel.h of the file, and the target
# portwatch::events_skeleton that gives it to whoever links it.
function(pw_bpf_skeleton name file)
  set(source "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
  list(TRANSFORM ARGN PREPEND "-D" OUTPUT_VARIABLE definitions)
  set(folder "${PROJECT_BINARY_DIR}/generated/bpf")
  string(REGEX REPLACE "^(i.86|x86_64)$" "x86" arch "${CMAKE_SYSTEM_PROCESSOR}")
  string(REGEX REPLACE "^aarch64$" "arm64" arch "${arch}")
  set(system_headers)
  if(CMAKE_LIBRARY_ARCHITECTURE)
    set(system_headers -isystem "/usr/include/${CMAKE_LIBRARY_ARCHITECTURE}")
  endif()
  file(MAKE_DIRECTORY "${folder}")
  add_custom_command(
    OUTPUT "${folder}/${name}.skel.h"
    DEPENDS "${source}"
    DEPFILE "${folder}/${name}.d"
    COMMAND "${PORTWATCH_BPF_CLANG}" -target bpf -mcpu=v3 -std=gnu23 -O2 -g -Wall -Wextra -Wno-unused-parameter -Werror
      "-D__TARGET_ARCH_${arch}" ${definitions} "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=" -I "${PROJECT_SOURCE_DIR}" ${system_headers}
      -MD -MF "${folder}/${name}.d" -MT "${folder}/${name}.skel.h" -c "${source}" -o "${folder}/${name}.compiled.o"
    COMMAND "${PORTWATCH_BPFTOOL}" gen object "${folder}/${name}.o" "${folder}/${name}.compiled.o"
    COMMAND "${PORTWATCH_BPFTOOL}" gen skeleton "${folder}/${name}.o" name "${name}_bpf" > "${folder}/${name}.skel.h"
    COMMENT "Building the kernel's programs: ${name}"
    VERBATIM)
  add_custom_target(portwatch_${name}_skeleton_file DEPENDS "${folder}/${name}.skel.h")
  add_library(portwatch_${name}_skeleton INTERFACE)
  add_library(portwatch::${name}_skeleton ALIAS portwatch_${name}_skeleton)
  add_dependencies(portwatch_${name}_skeleton portwatch_${name}_skeleton_file)
  target_include_directories(portwatch_${name}_skeleton SYSTEM INTERFACE "${folder}")
  target_link_libraries(portwatch_${name}_skeleton INTERFACE PkgConfig::libbpf)
endfunction()
