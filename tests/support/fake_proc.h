// SPDX-License-Identifier: Apache-2.0
#pragma once

// A folder that looks like /proc to the sensor: processes with their descriptors, and the tables of sockets.
// Links are real symbolic links, so that what they say can be chosen.

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "tests/support/temp_dir.h"

namespace portwatch::test {

class FakeProc {
 public:
  struct Process {
    int pid = 0;
    int parent = 1;
    std::string name = "server";
    std::uint64_t start_ticks = 1000;
    std::string exe = "/usr/bin/server";
    std::string command_line = std::string("server\0--verbose\0", 17);
    std::string cwd = "/srv";
    std::uint32_t uid = 1000;
    std::uint32_t flags = 0x00400000;
    char state = 'S';
    int threads = 1;
    std::string cgroup = "0::/system.slice/server.service\n";
    std::string auxv = "image 1";
    int session = 1;
    int terminal = 0;
    std::uint32_t login_uid = 4294967295;
    std::uint32_t audit_session = 4294967295;
  };

  FakeProc() {
    for (const char* folder : {"net", "self/ns", "sys/kernel/random", "sys/net/ipv4"}) make_folder(folder);
    write("sys/kernel/random/boot_id", "3f0c1f62-6c1c-4d0b-9a55-0b6f6f1f2a11\n");
    write("sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
    link("self/ns/net", "net:[4026531840]");
    link("self/ns/pid", "pid:[4026531836]");
    for (const char* table : {"tcp", "tcp6", "udp", "udp6"}) clear_table(table);
  }

  [[nodiscard]] std::string path() const { return dir_.path().string(); }

  void write(const std::string& file, std::string_view text) const {
    std::ofstream(dir_.path() / file, std::ios::binary | std::ios::trunc) << text;
  }
  void link(const std::string& file, const std::string& target) const {
    std::filesystem::remove(dir_.path() / file);
    std::filesystem::create_symlink(target, dir_.path() / file);
  }
  void remove(const std::string& file) const { std::filesystem::remove_all(dir_.path() / file); }
  void make_folder(const std::string& folder) const {
    std::filesystem::create_directories(dir_.path() / folder);
  }

  /// A process starts; one that has the same pid is no more.
  void start(const Process& process) const {
    // The new folder is made while the old one is there, so that it has another inode.
    const std::string folder = std::to_string(process.pid);
    make_folder("new/fd");
    remove(folder);
    std::filesystem::rename(dir_.path() / "new", dir_.path() / folder);
    run(process);
  }
  /// The process runs something else from now on (exec, setuid): the same folder and descriptors, other
  /// contents.
  void run(const Process& process) const {
    const std::string folder = std::to_string(process.pid) + "/";
    write(folder + "stat",
          fmt::format("{} ({}) {} {} 1 {} {} -1 {} 0 0 0 0 0 0 0 0 20 0 {} 0 {} 0 0\n", process.pid,
                      process.name, process.state, process.parent, process.session, process.terminal,
                      process.flags, process.threads, process.start_ticks));
    write(folder + "status",
          fmt::format("Name:\t{0}\nUmask:\t0022\nUid:\t{1}\t{1}\t{1}\t{1}\nGid:\t0\t0\t0\t0\n", process.name,
                      process.uid));
    write(folder + "cmdline", process.command_line);
    write(folder + "cgroup", process.cgroup);
    write(folder + "auxv", process.auxv);
    write(folder + "loginuid", std::to_string(process.login_uid));
    write(folder + "sessionid", std::to_string(process.audit_session));
    link(folder + "exe", process.exe);
    link(folder + "cwd", process.cwd);
  }
  void stop(int pid) const { remove(std::to_string(pid)); }

  void open(int pid, int fd, const std::string& target) const {
    link(fmt::format("{}/fd/{}", pid, fd), target);
  }
  void open_socket(int pid, int fd, std::uint64_t inode) const {
    open(pid, fd, fmt::format("socket:[{}]", inode));
  }
  void close(int pid, int fd) const { remove(fmt::format("{}/fd/{}", pid, fd)); }

  void clear_table(const std::string& table) const {
    write(
        "net/" + table,
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n");
  }
  /// `local` as the kernel writes it: "0100007F:1F90".
  void add_row(const std::string& table, std::string_view local, std::string_view state,
               std::uint64_t inode) const {
    const std::string_view remote =
        local.size() > 16 ? "00000000000000000000000000000000:0000" : "00000000:0000";
    std::ofstream(dir_.path() / "net" / table, std::ios::app) << fmt::format(
        "   0: {} {} {} 00000000:00000000 00:00000000 00000000  1000        0 {} 1 0000000000000000 100 0 0 "
        "10 0\n",
        local, remote, state, inode);
  }
  void listen(std::string_view local, std::uint64_t inode) const { add_row("tcp", local, "0A", inode); }

 private:
  TempDir dir_;
};

}  // namespace portwatch::test
