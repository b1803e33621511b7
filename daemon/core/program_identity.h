// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who a program is across restarts. `python3 app.py` and `python3 evil.py` are two programs, `node` in two
// folders too; the same script under another pid is one. An identity never holds a pid, an inode or a port
// that the kernel chose.

#include <string>
#include <vector>

#include "common/model/identity.h"
#include "common/model/process.h"
#include "common/model/socket_record.h"

namespace portwatch::core {

/// Of one process, by what could be read of it.
[[nodiscard]] model::ProgramIdentity identity_of(const model::Process& process);

/// Of a socket nobody could be named for: all that is known is the user, and the port unless the kernel chose
/// it.
[[nodiscard]] model::ProgramIdentity unattributed(const std::string& user, std::optional<base::Port> port);

/// The same program, whatever its label says.
[[nodiscard]] bool same_program(const model::ProgramIdentity& a, const model::ProgramIdentity& b);

/// Says too little to take the place of a better one: nobody, only a name, or an interpreter that does not
/// show what it runs, because the program wrote a title over its command line.
[[nodiscard]] bool is_weak(const model::ProgramIdentity& program);

/// The oldest of several holders (by start time, then pid); null for none. A fork does not change who that
/// is.
[[nodiscard]] const model::Process* oldest_of(const std::vector<model::ProcessRef>& owners);

/// The file that an interpreter runs in this process, as an absolute path where the working directory is
/// known; empty when it runs none.
[[nodiscard]] std::string script_of(const model::Process& process);

/// A path against a folder, with ".", ".." and doubled slashes resolved by the text alone.
[[nodiscard]] std::string resolve_path(std::string_view folder, std::string_view path);

}  // namespace portwatch::core
