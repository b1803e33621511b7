#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What it gains and costs to be told by the kernel: the sensor "bpf" beside "sock_diag", as tables in Markdown.

    tests/bench/told.py BIN [COUNT [IDLE_SECONDS]]     BIN: a build's bin, with bench/listen_burst beside it

As root, in a network namespace of its own (unshare -n), on a machine that does nothing else:
  latency   from listen(2) returning to the event in `portwatchctl watch --json`, which is told what is stored
  burst     COUNT listeners (100,000), opened and closed at full speed by four processes that exit then: what is in
            the history, what is lost, processor time for each event
  overflow  the same while portwatchd is stopped (SIGSTOP), so that the ring overflows: what is in the history and what
            its gaps count must be COUNT together
  idle      processor time, wake-ups and memory with 50 and 10,000 listeners
"""

import glob
import json
import os
import re
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

SENSORS = ("bpf", "sock_diag")


class Daemon:
    """A portwatchd with folders of its own; what listens when it starts belongs there."""

    def __init__(self, programs, sensor):
        self.programs = programs
        self.folder = tempfile.mkdtemp(prefix="portwatch-bench-")
        self.socket = f"{self.folder}/socket"
        with open(f"{self.folder}/portwatch.toml", "w", encoding="utf-8") as file:
            file.write(f'[scan]\nsensor = "{sensor}"\n')
        self.process = subprocess.Popen(
            [f"{programs}/portwatchd", "--config", file.name, "--state-dir", f"{self.folder}/state",
             "--socket", self.socket], stderr=subprocess.DEVNULL)
        while not os.path.exists(self.socket):
            if self.process.poll() is not None:
                sys.exit(f"portwatchd with the sensor {sensor} ended: run it by hand to see why")
            time.sleep(0.01)

    def ctl(self, *arguments):
        return [f"{self.programs}/portwatchctl", "--socket", self.socket, *arguments]

    def status(self):
        return json.loads(subprocess.run(self.ctl("status", "--json"), check=True, capture_output=True).stdout)

    def cpu(self):
        """In seconds."""
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wake_ups(self):
        count = 0
        for path in glob.glob(f"/proc/{self.process.pid}/task/*/status"):
            with open(path, encoding="utf-8") as file:
                count += next(int(line.split()[1]) for line in file if line.startswith("voluntary"))
        return count

    def private_memory(self):
        """In MB."""
        with open(f"/proc/{self.process.pid}/smaps_rollup", encoding="utf-8") as file:
            return sum(int(line.split()[1]) for line in file if line.startswith("Private_")) / 1024

    def ring_memory(self):
        """In MB: it is mapped twice, and shared with the kernel."""
        with open(f"/proc/{self.process.pid}/smaps", encoding="utf-8") as file:
            is_ring, kilobytes = False, 0
            for line in file:
                if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
                    is_ring = "bpf-map" in line
                elif is_ring and line.startswith("Pss:"):
                    kilobytes += int(line.split()[1])
        return kilobytes / 1024

    def settle(self):
        """Until nothing waits to be stored and nothing more comes."""
        last = -1
        while True:
            store = self.status()["store"]
            if store["pending_events"] == 0 and store["last_seq"] == last:
                return
            last = store["last_seq"]
            time.sleep(0.5)

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def lost(self):
        """How many events its gaps count."""
        gaps = subprocess.run(self.ctl("history", "--kind", "gap", "--json"), check=True, capture_output=True, text=True).stdout
        return sum(int(number) for number in re.findall(r'"reason": *"([0-9]+) events of the kernel were lost"', gaps))

    def history(self):
        """How many events of each kind, by number, are stored; after stop()."""
        path = glob.glob(f"{self.folder}/state/*.db")[0]
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            return dict(database.execute("SELECT kind, count(*) FROM event GROUP BY kind"))


def listen():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


def latency(programs, sensor, rounds, is_known):
    """Milliseconds, sorted. What is known belongs there: it raises no alert, which would be synced to the disk first."""
    known = listen() if is_known else None
    daemon = Daemon(programs, sensor)
    arrived = {}
    with subprocess.Popen(daemon.ctl("watch", "--json"), stdout=subprocess.PIPE) as watch:
        def read():
            for line in watch.stdout:
                now = time.monotonic()
                event = json.loads(line)
                if event.get("kind") == "opened":
                    arrived[event["listener"]["port"]] = now

        threading.Thread(target=read, daemon=True).start()
        time.sleep(1)
        found = []
        for _ in range(rounds):
            with listen() as listener:
                start = time.monotonic()
                port = listener.getsockname()[1]
                while port not in arrived and time.monotonic() < start + 10:
                    time.sleep(0.0002)
                if port in arrived:
                    found.append((arrived.pop(port) - start) * 1000)
            time.sleep(0.02)
        watch.terminate()
    daemon.stop()
    if known:
        known.close()
    return sorted(found)


def burst(programs, sensor, count, is_stopped=False):
    opened, closed, gap = 5, 6, 2  # model::EventKind
    daemon = Daemon(programs, sensor)
    daemon.settle()
    cpu = daemon.cpu()
    if is_stopped:
        daemon.process.send_signal(signal.SIGSTOP)
    took = subprocess.run([f"{programs}/../bench/listen_burst", str(count), "4"], check=True,
                          capture_output=True, text=True).stdout.strip()
    daemon.process.send_signal(signal.SIGCONT)
    daemon.settle()
    cpu = daemon.cpu() - cpu
    lost = daemon.lost()
    daemon.stop()
    history = daemon.history()
    events = history.get(opened, 0) + history.get(closed, 0)
    return (took, history.get(opened, 0), history.get(closed, 0), history.get(gap, 0), lost,
            cpu, f"{cpu / events * 1e6:.0f}" if events else "–")


def idle(programs, sensor, count, seconds):
    listeners = [listen() for _ in range(count)]
    daemon = Daemon(programs, sensor)
    time.sleep(5)
    cpu, wake_ups = daemon.cpu(), daemon.wake_ups()
    time.sleep(seconds)
    minute = 60 / seconds
    result = ((daemon.cpu() - cpu) * minute, (daemon.wake_ups() - wake_ups) * minute, daemon.private_memory(),
              daemon.ring_memory())
    daemon.stop()
    for listener in listeners:
        listener.close()
    return result


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    programs = sys.argv[1].rstrip("/")
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    seconds = int(sys.argv[3]) if len(sys.argv) > 3 else 60
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    print("| Sensor | told of | p50 | p90 | p99 | longest |\n|---|--:|--:|--:|--:|--:|")
    for sensor, rounds, is_known in (("bpf", 1000, True), ("bpf", 1000, False), ("sock_diag", 50, True)):
        times = latency(programs, sensor, rounds, is_known)
        marks = [times[min(len(times) - 1, len(times) * share // 100)] for share in (50, 90, 99, 100)]
        name = f"`{sensor}`" + ("" if is_known else ", with an alert")
        print(f"| {name} | {len(times)} of {rounds} | " + " | ".join(f"{mark:.2f} ms" for mark in marks) + " |")

    print("\n| Sensor | burst | opened | closed | gaps | lost | processor | each event |\n|---|--:|--:|--:|--:|--:|--:|--:|")
    for sensor, is_stopped in (("bpf", False), ("bpf", True), ("sock_diag", False)):
        took, opened, closed, gaps, lost, cpu, each = burst(programs, sensor, count, is_stopped)
        name = f"`{sensor}`" + (", stopped" if is_stopped else "")
        print(f"| {name} | {count} in {took} s | {opened} | {closed} | {gaps} | {lost} | {cpu:.1f} s | {each} µs |")

    print("\n| Sensor | listeners | processor a minute | wake-ups a minute | private memory | the ring beside it |\n|---|--:|--:|--:|--:|--:|")
    for sensor in SENSORS:
        for listeners in (50, 10_000):
            cpu, wake_ups, memory, ring = idle(programs, sensor, listeners, seconds)
            print(f"| `{sensor}` | {listeners} | {cpu:.2f} s | {wake_ups:.0f} | {memory:.1f} MB | {ring:.1f} MB |")


if __name__ == "__main__":
    main()
