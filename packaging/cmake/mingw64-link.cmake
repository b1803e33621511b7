# SPDX-License-Identifier: Apache-2.0
# lld links a test program in a second; the linker of mingw-w64 takes a minute. gcc calls no other one for Windows, so clang calls it.
find_program(PORTWATCH_LINKING_CLANG NAMES clang++-19 REQUIRED)
set(CMAKE_CXX_LINK_EXECUTABLE "${PORTWATCH_LINKING_CLANG} --target=x86_64-w64-mingw32 -fuse-ld=lld <CMAKE_CXX_LINK_FLAGS> <LINK_FLAGS> \
<OBJECTS> -o <TARGET> <LINK_LIBRARIES> -Wl,--start-group -lstdc++ -lwinpthread -Wl,--end-group")
