# SPDX-License-Identifier: Apache-2.0
# Builds for Windows (x86_64) on another system, by mingw-w64 with POSIX threads. Nothing of this machine's own libraries is found: all
# comes from PORTWATCH_SYSROOT, which packaging/windows/sysroot.sh makes. The programs are static: they need no DLL that Windows lacks.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_VERSION 10.0)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc-posix)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++-posix)
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)

set(PORTWATCH_SYSROOT "" CACHE PATH "Where the libraries for the other system are")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES PORTWATCH_SYSROOT)
set(CMAKE_FIND_ROOT_PATH "${PORTWATCH_SYSROOT}" /usr/x86_64-w64-mingw32)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} "${PORTWATCH_SYSROOT}/lib/pkgconfig")
set(ENV{PKG_CONFIG_PATH} "")

# Windows 10: what we call is in its headers; and no header defines min, max and the rest of 1985.
add_compile_definitions(_WIN32_WINNT=0x0A00 WIN32_LEAN_AND_MEAN NOMINMAX UNICODE _UNICODE)
# In C++23 gcc before 12.4 writes std::type_info::operator== into each object, and its own static library has it too: the same function.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static -Wl,--allow-multiple-definition")
set(CMAKE_USER_MAKE_RULES_OVERRIDE_CXX "${CMAKE_CURRENT_LIST_DIR}/mingw64-link.cmake")
find_program(WINE NAMES wine wine64)
if(WINE)
  set(CMAKE_CROSSCOMPILING_EMULATOR "${WINE}")
endif()
