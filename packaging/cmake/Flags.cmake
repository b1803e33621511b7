# SPDX-License-Identifier: Apache-2.0
# Every compiler flag of the project, in one INTERFACE target that each of our targets links privately.
add_library(portwatch_flags INTERFACE)
add_library(portwatch::flags ALIAS portwatch_flags)

target_compile_features(portwatch_flags INTERFACE cxx_std_23)
set(CMAKE_CXX_EXTENSIONS OFF)
target_include_directories(portwatch_flags INTERFACE "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}/generated")

target_compile_options(portwatch_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wformat=2 -Wimplicit-fallthrough -Wundef -Wcast-align
  # gcc asks for every member of a designated initializer; the members left out have defaults of their own.
  -Wno-missing-field-initializers
  # Of files compiled as one, gcc takes what each keeps to itself for a header's, and guesses wrongly within std::expected.
  "$<$<AND:$<BOOL:${PORTWATCH_UNITY}>,$<CXX_COMPILER_ID:GNU>>:-Wno-subobject-linkage;-Wno-maybe-uninitialized>"
  $<$<BOOL:${PORTWATCH_WERROR}>:-Werror>)

if(PORTWATCH_SANITIZE)
  target_compile_options(portwatch_flags INTERFACE
    "-fsanitize=${PORTWATCH_SANITIZE}" -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(portwatch_flags INTERFACE "-fsanitize=${PORTWATCH_SANITIZE}")
else()
  # Fortified functions and hardened containers hide bugs from the sanitizers, so they are for the other builds.
  target_compile_options(portwatch_flags INTERFACE
    -fstack-protector-strong
    $<$<PLATFORM_ID:Linux>:-fstack-clash-protection>
    $<$<STREQUAL:${CMAKE_SYSTEM_PROCESSOR},x86_64>:-fcf-protection>
    $<$<CONFIG:Release,RelWithDebInfo>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2>)
  target_link_options(portwatch_flags INTERFACE
    -fstack-protector-strong
    $<$<PLATFORM_ID:Linux>:-Wl,-z,relro,-z,now>
    $<$<PLATFORM_ID:Windows>:-Wl,--dynamicbase,--nxcompat,--high-entropy-va>)
endif()
target_compile_definitions(portwatch_flags INTERFACE _GLIBCXX_ASSERTIONS)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported()
