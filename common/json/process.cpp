// SPDX-License-Identifier: Apache-2.0
// A process and its ancestors as JSON and back.

#include "common/base/assert.h"
#include "common/json/fields.h"

namespace portwatch::json {
namespace {

Json encode_ancestor(const model::Ancestor& ancestor) {
  return Json::object({{"pid", value(ancestor.pid)},
                       {"start_boot_us", value(ancestor.start)},
                       {"name", value(std::string_view(ancestor.name))}});
}

}  // namespace

model::Ancestor read(const Reader& at, std::type_identity<model::Ancestor>) {
  return {.pid = at.get<base::Pid>("pid"),
          .start = at.get<base::BootTime>("start_boot_us"),
          .name = at.get<std::string>("name")};
}

Json value(const model::FileId& file) {
  return Json::object({{"device", file.device}, {"inode", file.inode}});
}

model::FileId read(const Reader& at, std::type_identity<model::FileId>) {
  return {.device = at.get<std::uint64_t>("device"), .inode = at.get<std::uint64_t>("inode")};
}

Json array_of(const std::vector<std::string>& texts) {
  return array_of(texts, [](const std::string& text) { return value(std::string_view(text)); });
}

Json array_of(const std::vector<model::ProcessRef>& processes) {
  return array_of(processes, [](const model::ProcessRef& process) {
    PW_ASSERT(process != nullptr);
    return encode(*process);
  });
}

Json encode(const model::Process& process) {
  Json json = Json::object();
  json["pid"] = value(process.key.pid);
  json["start_time"] = value(process.started_at);
  json["start_boot_us"] = value(process.key.start);
  json["name"] = text_or_null(process.name);
  json["exe"] = process.exe ? value(std::string_view(process.exe->path)) : Json(nullptr);
  json["exe_file"] = process.exe ? value_or_null(process.exe->file) : Json(nullptr);
  json["exe_deleted"] = process.exe ? Json(process.exe->is_deleted) : Json(nullptr);
  json["command"] = process.argv.empty() ? Json(nullptr) : array_of(process.argv);
  json["command_truncated"] = process.is_argv_truncated;
  json["cwd"] = value_or_null(process.cwd);
  json["uid"] = value_or_null(process.uid);
  json["user"] = value_or_null(process.user);
  json["login_uid"] = value_or_null(process.login.uid);
  json["login_user"] = process.login.user ? value(std::string_view(*process.login.user)) : Json(nullptr);
  json["login_session"] = process.login.session ? Json(*process.login.session) : Json(nullptr);
  json["login_peer"] = text_or_null(process.login.peer);
  json["session_leader"] = value_or_null(process.login.leader);
  json["terminal"] = text_or_null(process.login.terminal);
  json["unit"] = value_or_null(process.unit);
  json["container"] = value_or_null(process.container);
  json["container_name"] = value_or_null(process.container_name);
  json["ancestors"] =
      process.ancestors.empty() ? Json(nullptr) : array_of(process.ancestors, encode_ancestor);
  json["attribution"] = value(process.attribution);
  return json;
}

model::Process read(const Reader& at, std::type_identity<model::Process>) {
  model::Process process;
  process.key.pid = at.get<base::Pid>("pid");
  process.key.start = at.get<base::BootTime>("start_boot_us");
  process.started_at = at.get<base::UtcTime>("start_time");
  process.name = at.get_or<std::string>("name", {});
  if (at.has("exe"))
    process.exe = model::Executable{.path = at.get<std::string>("exe"),
                                    .file = at.optional<model::FileId>("exe_file"),
                                    .is_deleted = at.get<bool>("exe_deleted")};
  process.argv = at.list_or_empty<std::string>("command");
  process.is_argv_truncated = at.get<bool>("command_truncated");
  process.cwd = at.optional<std::string>("cwd");
  process.uid = at.optional<base::Uid>("uid");
  process.user = at.optional<std::string>("user");
  process.login = {.uid = at.optional<base::Uid>("login_uid"),
                   .user = at.optional<std::string>("login_user"),
                   .session = at.optional<std::uint32_t>("login_session"),
                   .leader = at.optional<base::Pid>("session_leader"),
                   .terminal = at.get_or<std::string>("terminal", {}),
                   .peer = at.get_or<std::string>("login_peer", {})};
  process.unit = at.optional<std::string>("unit");
  process.container = at.optional<std::string>("container");
  process.container_name = at.optional<std::string>("container_name");
  process.ancestors = at.list_or_empty<model::Ancestor>("ancestors");
  process.attribution = at.get<model::Attribution>("attribution");
  return process;
}

model::ProcessRef read(const Reader& at, std::type_identity<model::ProcessRef>) {
  return std::make_shared<const model::Process>(at.as<model::Process>());
}

template <>
base::Result<model::Process> decode(const Json& json) {
  return decode_by_reading<model::Process>(json);
}

}  // namespace portwatch::json
