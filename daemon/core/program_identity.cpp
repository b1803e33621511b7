// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/program_identity.h"

#include <algorithm>
#include <initializer_list>

#include <fmt/format.h>

#include "common/base/text.h"
#include "common/model/program_name.h"
#include "daemon/core/interpreter.h"

namespace portwatch::core {
namespace {

using model::ProgramIdentity;
using model::ProgramKind;

constexpr std::size_t kMaxCodeInLabel = 48;

/// Parts as one text that no other parts give: lines, with backslash and newline written as two bytes.
std::string join_parts(std::initializer_list<std::string_view> parts) {
  std::string joined;
  bool is_first = true;
  for (const std::string_view part : parts) {
    if (!is_first) joined += '\n';
    is_first = false;
    for (const char c : part) {
      if (c == '\\')
        joined += "\\\\";
      else if (c == '\n')
        joined += "\\n";
      else
        joined += c;
    }
  }
  return joined;
}

/// Code on one short line.
std::string shorten(std::string_view code) {
  std::string line;
  for (const char c : code) {
    const bool is_space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (is_space && (line.empty() || line.back() == ' ')) continue;
    line += is_space ? ' ' : c;
    if (line.size() > kMaxCodeInLabel) {
      std::size_t cut = kMaxCodeInLabel;
      while (cut > 0 && (static_cast<unsigned char>(line[cut]) & 0xc0U) == 0x80U) --cut;
      return line.substr(0, cut) + "…";
    }
  }
  return line;
}

/// Python's multiprocessing starts its children with descriptor numbers in their code; those differ each
/// time.
std::string without_numbers(std::string_view code) {
  std::string text;
  for (const char c : code) {
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_digit)
      text += c;
    else if (text.empty() || text.back() != '#')
      text += '#';
  }
  return text;
}

std::string code_identity(const model::Process& process, const std::string& code) {
  const bool is_multiprocessing =
      code.starts_with("from multiprocessing.") &&
      std::ranges::find(process.argv, "--multiprocessing-fork") != process.argv.end();
  return is_multiprocessing ? without_numbers(code) : code;
}

std::string folder_of(const model::Process& process, const Invocation& invocation) {
  return resolve_path(process.cwd.value_or(""), invocation.chdir);
}

/// An interpreter is started by its own name, a login shell with a dash before it. Another name, or none, was
/// written there later: by setproctitle and its like, or by whoever wants to hide.
bool has_title(const model::Process& process) {
  if (process.argv.empty()) return true;
  std::string_view name = base::file_name(process.argv.front());
  if (name.starts_with('-')) name.remove_prefix(1);
  return find_interpreter(name) == nullptr;
}

ProgramIdentity interpreted(const model::Process& process, std::string_view exe,
                            const Invocation& invocation) {
  const std::string interpreter(without_minor_version(exe));
  const std::string name(base::file_name(interpreter));
  const auto id = [&](std::initializer_list<std::string_view> parts) {
    return join_parts(parts) + (invocation.is_cut ? "\ncut" : "");
  };
  switch (invocation.kind) {
    case Invocation::Kind::kScript: {
      const std::string script = resolve_path(folder_of(process, invocation), invocation.target);
      const std::string option = invocation.option.starts_with("-j") ? invocation.option + " " : "";
      return {ProgramKind::kScript, id({interpreter, script}),
              fmt::format("{} {}{}", name, option, base::as_name(base::file_name(script)))};
    }
    case Invocation::Kind::kUrl:
      return {ProgramKind::kModule, id({interpreter, invocation.target}),
              fmt::format("{} {}", name, invocation.target)};
    case Invocation::Kind::kModule: {
      const std::string label = fmt::format("{} {} {}", name, invocation.option, invocation.target);
      return {ProgramKind::kModule,
              id({interpreter, invocation.option, invocation.target, folder_of(process, invocation)}),
              shorten(label)};
    }
    case Invocation::Kind::kInline:
      return {ProgramKind::kInline, id({interpreter, code_identity(process, invocation.target)}),
              fmt::format("{} {} '{}'", name, invocation.option, shorten(invocation.target))};
    case Invocation::Kind::kOutOfSight: {
      std::string arguments;
      for (const std::string& argument : process.argv) arguments += join_parts({argument, ""});
      return {ProgramKind::kInline, join_parts({interpreter, arguments, "out of sight"}),
              fmt::format("{} (its command line does not show what it runs)", name)};
    }
    case Invocation::Kind::kBare: break;
  }
  if (has_title(process))
    return {
        ProgramKind::kExecutable, join_parts({interpreter, "under a title"}),
        fmt::format("{} ({})", name, shorten(process.argv.empty() ? process.name : process.argv.front()))};
  return {ProgramKind::kExecutable, join_parts({interpreter}), name};
}

ProgramIdentity outside_containers(const model::Process& process) {
  if (!process.exe)
    return {ProgramKind::kName, join_parts({process.name}),
            "unreadable (as " + base::as_name(process.name) + ")"};
  const std::string& exe = process.exe->path;
  if (const Interpreter* interpreter = find_interpreter(exe))
    return interpreted(process, exe, read_invocation(*interpreter, process.argv, process.is_argv_truncated));
  return {ProgramKind::kExecutable, join_parts({exe}), model::program_name(process)};
}

}  // namespace

ProgramIdentity identity_of(const model::Process& process) {
  ProgramIdentity program = outside_containers(process);
  if (!process.container) return program;
  return {ProgramKind::kContainer, join_parts({base::name_of(program.kind), program.id}),
          program.label + " (container)"};
}

ProgramIdentity unattributed(const std::string& user, std::optional<base::Port> port) {
  const std::string port_text = port ? fmt::to_string(port->value) : "ephemeral";
  return {ProgramKind::kUnattributed, join_parts({user, port_text}), fmt::format("a program of {}", user)};
}

bool same_program(const ProgramIdentity& a, const ProgramIdentity& b) {
  return a.kind == b.kind && a.id == b.id;
}

bool is_weak(const ProgramIdentity& program) {
  switch (program.kind) {
    case ProgramKind::kName:
    case ProgramKind::kUnattributed: return true;
    case ProgramKind::kExecutable: return program.id.find('\n') != std::string::npos;
    case ProgramKind::kContainer: {
      const std::size_t end = std::min(program.id.find('\n'), program.id.size());
      const auto kind = base::enum_from_name<ProgramKind>(std::string_view(program.id).substr(0, end));
      return kind == ProgramKind::kName ||
             (kind == ProgramKind::kExecutable && program.id.find("\\n") != std::string::npos);
    }
    case ProgramKind::kScript:
    case ProgramKind::kModule:
    case ProgramKind::kInline: break;
  }
  return false;
}

const model::Process* oldest_of(const std::vector<model::ProcessRef>& owners) {
  const auto oldest = std::ranges::min_element(
      owners, {}, [](const model::ProcessRef& owner) { return std::pair(owner->key.start, owner->key.pid); });
  return oldest == owners.end() ? nullptr : oldest->get();
}

std::string script_of(const model::Process& process) {
  if (!process.exe) return {};
  const Interpreter* interpreter = find_interpreter(process.exe->path);
  if (interpreter == nullptr) return {};
  const Invocation invocation = read_invocation(*interpreter, process.argv, process.is_argv_truncated);
  if (invocation.kind != Invocation::Kind::kScript) return {};
  return resolve_path(folder_of(process, invocation), invocation.target);
}

std::string resolve_path(std::string_view folder, std::string_view path) {
  std::string whole(path);
  if (!path.starts_with('/')) whole = std::string(folder) + "/" + whole;
  const bool is_absolute = path.starts_with('/') || folder.starts_with('/');
  // Where a folder that is not told whole lies is not known, so no ".." leads out of it.
  const bool is_unnamed = !path.starts_with('/') && model::is_unnamed_path(folder);
  std::vector<std::string_view> parts;
  for (const std::string_view part : base::split(whole, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..")
      parts.push_back(part);
    else if (parts.size() > (is_unnamed ? 1U : 0U) && parts.back() != "..")
      parts.pop_back();
    else if (!is_absolute)
      parts.push_back(part);
  }
  return fmt::format("{}{}", is_absolute ? "/" : "", fmt::join(parts, "/"));
}

}  // namespace portwatch::core
