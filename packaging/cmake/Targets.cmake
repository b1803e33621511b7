# SPDX-License-Identifier: Apache-2.0
# One folder is one static library is one namespace: pw_library(core SOURCES … LINKS …) makes portwatch::core.
# In a build for unity (PORTWATCH_UNITY) several of its files are compiled as one, which takes less than half the time.
function(pw_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS;PRIVATE_LINKS")
  pw_sources_here(arg_SOURCES)
  # The headers of Windows define words like "interface": what includes them is compiled alone.
  foreach(source IN LISTS arg_SOURCES)
    if(source MATCHES "_windows(_test)?\\.cpp$")
      set_source_files_properties("${source}" PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    endif()
  endforeach()
  add_library(portwatch_${name} STATIC ${arg_SOURCES})
  add_library(portwatch::${name} ALIAS portwatch_${name})
  set_target_properties(portwatch_${name} PROPERTIES UNITY_BUILD ${PORTWATCH_UNITY})
  target_link_libraries(portwatch_${name} PUBLIC ${arg_LINKS} PRIVATE portwatch::flags ${arg_PRIVATE_LINKS})
endfunction()

# A folder of headers alone: interfaces.
function(pw_interface_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LINKS")
  add_library(portwatch_${name} INTERFACE)
  add_library(portwatch::${name} ALIAS portwatch_${name})
  target_link_libraries(portwatch_${name} INTERFACE ${arg_LINKS})
endfunction()

function(pw_executable name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  pw_sources_here(arg_SOURCES)
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE portwatch::flags ${arg_LINKS} $<TARGET_NAME_IF_EXISTS:portwatch_thread_sanitizer>)
endfunction()
