#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether what portwatch stores is all that happened: it is counted once more, by strace(1), for a real workload.

    tests/bench/counted.py BIN [COMMAND ...]     BIN: a build's bin; COMMAND: Python's own tests of sockets

As root, in a network namespace of its own (unshare -n). strace sees each socket(2), bind(2), listen(2) and shutdown(2) that
succeeds. A listening period of TCP is the first listen(2) of a socket, or the first after a shutdown(2); of UDP
it is the first bind(2). Where they differ it shows what strace saw of the socket, and ends with 1.
"""

import glob
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter

from told import Daemon

WORKLOAD = [sys.executable, "-m", "test", "-u", "network", "-i", "*VSOCK*", "test_socket", "test_socketserver", "test_selectors", "test_httplib",
            "test_ftplib", "test_telnetlib", "test_asynchat"]
CALL = re.compile(r"^\d+ +(socket|bind|listen|shutdown)\((.*)\) += (\d+)(?:<socket:\[(\d+)\]>)?")
CREATED = re.compile(r"AF_INET6?, SOCK_(STREAM|DGRAM)[^,]*, (IPPROTO_IP|IPPROTO_TCP|IPPROTO_MPTCP|IPPROTO_UDP)$")
FIRST = re.compile(r"^\d+<socket:\[(\d+)\]>")


def count(trace):
    """The periods that strace has seen: of each protocol and inode how many."""
    protocols, listening, periods = {}, set(), Counter()
    for line in trace:
        call = CALL.match(line)
        if not call:
            continue
        name, arguments, _, made = call.groups()
        if name == "socket":
            kind = CREATED.match(arguments)
            if kind and made:
                protocols[made] = "tcp" if kind[1] == "STREAM" else "udp"
            continue
        used = FIRST.match(arguments)
        inode = used and used[1]
        protocol = protocols.get(inode)
        begins = (protocol, name) in (("tcp", "listen"), ("udp", "bind"))
        if name == "shutdown":
            listening.discard(inode if protocol == "tcp" else None)
        elif begins and inode not in listening:
            listening.add(inode)
            periods[protocol, int(inode)] += 1
    return periods


def stored(daemon):
    """The same in the history, of this network namespace."""
    path = glob.glob(f"{daemon.folder}/state/*.db")[0]
    opened, tcp = 5, 0  # model::EventKind, net::Protocol
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        rows = database.execute(
            "SELECT l.protocol, l.inode, count(*) FROM event e JOIN listener l ON l.id = e.listener "
            "WHERE e.kind = ? AND l.netns = ? GROUP BY 1, 2", (opened, os.stat("/proc/self/ns/net").st_ino))
        return Counter({("tcp" if protocol == tcp else "udp", inode): number for protocol, inode, number in rows})


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    daemon = Daemon(sys.argv[1].rstrip("/"), "bpf")
    with tempfile.NamedTemporaryFile("r", errors="replace") as trace:
        subprocess.run(["strace", "-f", "-qq", "-y", "-e", "trace=socket,bind,listen,shutdown", "-e", "status=successful", "-o",
                        trace.name, "--", *(sys.argv[2:] or WORKLOAD)], check=False, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        lines = trace.readlines()
    expected = count(lines)
    daemon.settle()
    daemon.stop()
    found = stored(daemon)
    print("| | strace | portwatch |\n|---|--:|--:|")
    for protocol in ("tcp", "udp"):
        both = (sum(number for (of, _), number in periods.items() if of == protocol) for periods in (expected, found))
        print(f"| {protocol} | {next(both)} | {next(both)} |")
    for protocol, inode in (expected - found) | (found - expected):
        print(f"{protocol} socket:[{inode}]: {expected[protocol, inode]} and {found[protocol, inode]}")
        print("".join(f"    {line}" for line in lines if f"socket:[{inode}]" in line))
    sys.exit(expected != found)


if __name__ == "__main__":
    main()
