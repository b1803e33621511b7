#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Takes personal data out of a recording of portwatchd (daemon/trace/FORMAT.md), so that it can be shown to others.

  packaging/clean-trace.py [options] RECORDING > CLEANED

Replaced, each by the same word throughout: names of users but root and those of the system, boot ids, hashes of machines, the folders below
/home and /root, folders that are named with --folder, words that are named with --word (host names, people), where somebody logged in from,
addresses outside of loopback, the wildcard, link-local and private ranges (by those of RFC 5737 and RFC 3849, whose exposure is the same), ids of
containers, inodes and numbers of network namespaces.
Left as they are: ports, times, pids, names of programs, arguments. Read the result before you give it away.

  --folder PATH=WORD   such as --folder /srv/customer=/srv/app
  --word WORD=OTHER    such as --word myhost=host
  --below PID          only what this process and its children did is left, and they have no ancestors from it on
"""
import argparse
import ipaddress
import json
import re
import sys

NAMED_IDS = range(1000)


class Cleaner:
    def __init__(self, options):
        self.folders = [pair.split("=", 1) for pair in options.folder]
        self.words = [pair.split("=", 1) for pair in options.word]
        self.below = options.below
        self.named = {}
        self.processes = set()  # numbers of those below it
        self.keys = set()  # their pids and starts
        self.sockets = set()  # theirs
        self.left_out = set()  # numbers of sightings

    def name(self, kind, value, make):
        known = self.named.setdefault(kind, {})
        return known.setdefault(value, make(len(known) + 1))

    def text(self, value):
        for folder, word in self.folders:
            value = value.replace(folder, word)
        for word, other in self.words:
            value = value.replace(word, other)
        for container, word in self.named.get("container", {}).items():
            value = value.replace(container, word)
        value = re.sub(r"/root(?=/|$)", "/home/user", value)
        value = re.sub(r"/home/([^/\s'\":]+)", lambda found: "/home/" + ("user" if found[1] == "user" else self.user(found[1])), value)
        return re.sub(r"\bportwatch-test-\w+", "work", value)

    def user(self, value):
        return self.name("user", value, lambda count: f"user{count}")

    def peer(self, value):
        try:
            return self.address(value)
        except ValueError:
            return self.name("host", value, lambda count: f"host{count}")

    def address(self, value):
        address = ipaddress.ip_address(value)
        if not address.is_global:
            return value
        if address.version == 4:
            return self.name("v4", value, lambda count: f"203.0.113.{count}")
        return self.name("v6", value, lambda count: f"2001:db8::{count:x}")

    def field(self, key, value, owner):
        if isinstance(value, (dict, list)):
            return self.value(value)
        if value is None:
            return value
        if key in ("boot_id", "machine_hash"):
            return self.name(key, value, lambda count: f"00000000-0000-4000-8000-{count:012}" if key == "boot_id" else f"{count:032}")
        if key in ("user", "login_user"):
            uid = owner.get("login_uid") if key == "login_user" else owner.get("uid", owner.get("socket_uid", 0))
            return value if uid is None or uid in NAMED_IDS or uid == 65534 else self.user(value)
        if key == "address":
            return self.address(value)
        if key == "login_peer":
            return self.peer(value)
        if key == "container":
            return self.name(key, value, lambda count: f"{count:064x}")
        if key == "container_name":
            return self.name(key, value, lambda count: f"container{count}")
        if key == "namespace":
            return self.name(key, value, lambda count: 4026531839 + count) if value else 0
        if key == "inode" and value and "kind" not in owner and "device" not in owner:
            return self.name(key, value, lambda count: 1000 + count)
        return self.text(value) if isinstance(value, str) and key not in ("utc", "start_time") else value

    def value(self, value):
        if isinstance(value, list):
            return [self.text(one) if isinstance(one, str) else self.value(one) for one in value]
        if isinstance(value, dict):
            if value.get("container"):  # its id stands in other fields as well
                self.field("container", value["container"], value)
            return {key: self.field(key, one, value) for key, one in value.items()}
        return value

    def is_own(self, fields, holders):
        """Whether a socket is held or was opened by one of those processes, now or before."""
        socket = (fields["namespace"], fields["socket"]["kind"], fields["socket"]["value"])
        if self.below is None or self.processes.intersection(holders):
            self.sockets.add(socket)
        return socket in self.sockets

    def process(self, number):
        """The number of a process that is left; null for another."""
        return number if self.below is None or number in self.processes else None

    def ended(self, ends):
        return [end for end in ends if self.below is None or (end["pid"], end["start_boot_us"]) in self.keys]

    def told(self, observation):
        """Whether an observation is left; what it says of others is taken out."""
        (kind, fields), = observation.items()
        if kind in ("opened", "closed") and not self.is_own(fields, [fields.get("opener")]):
            return False
        if kind == "refused" and self.below is not None and fields["by"] not in self.processes:
            return False
        for one, key in [(fields, "opener"), *((holder, "process") for holder in fields.get("holders", []))]:
            if key in one:
                one[key] = self.process(one[key])
        if fields.get("ended"):
            fields["ended"] = self.ended(fields["ended"])
        return True

    def line(self, line):
        """The cleaned line; nothing when it is left out."""
        (kind, fields), = line.items()
        if kind == "host":
            for interface in fields["interfaces"]:
                interface["addresses"] = [self.address(address) for address in interface["addresses"]]
        if kind == "process" and self.below is not None:
            pids = [ancestor["pid"] for ancestor in fields["ancestors"] or []]
            if self.below not in pids:
                return None
            fields["ancestors"] = fields["ancestors"][:pids.index(self.below)] or None
            self.processes.add(fields["number"])
            self.keys.add((fields["pid"], fields["start_boot_us"]))
        if kind == "sighting":
            if not self.is_own(fields, fields["owners"]):
                self.left_out.add(fields["number"])
                return None
            fields["owners"] = [owner for owner in fields["owners"] if self.process(owner) is not None]
        if kind == "look" and "sightings" in fields and self.left_out:
            numbers = [first + i for first, count in fields["sightings"] for i in range(count) if first + i not in self.left_out]
            fields["sightings"] = [[number, 1] for number in numbers]
        if kind == "look" and fields.get("former_holders"):
            fields["former_holders"] = self.ended(fields["former_holders"])
        if kind == "told":
            fields["observations"] = [one for one in fields["observations"] if self.told(one)]
            if not fields["observations"]:
                return None
        return json.dumps({kind: self.value(fields)}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def main():
    parser = argparse.ArgumentParser(description="Takes personal data out of a recording of portwatchd.", epilog="More: the head of this file.")
    parser.add_argument("recording")
    parser.add_argument("--folder", action="append", default=[], metavar="PATH=WORD")
    parser.add_argument("--word", action="append", default=[], metavar="WORD=OTHER")
    parser.add_argument("--below", type=int, metavar="PID")
    options = parser.parse_args()
    cleaner = Cleaner(options)
    with open(options.recording, encoding="utf-8", newline="\n") as recording:
        for line in recording:
            if not line.endswith("\n"):
                break  # cut off
            cleaned = cleaner.line(json.loads(line))
            if cleaned is not None:
                sys.stdout.write(cleaned + "\n")


main()
