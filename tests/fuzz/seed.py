# SPDX-License-Identifier: Apache-2.0
"""Writes the inputs that fuzzing starts from (corpus/TARGET/seed-*): out of the examples of PROTOCOL.md, the commented configuration
file, and lists in here. What fuzzing found lies beside them under other names and is left alone.

  python3 tests/fuzz/seed.py             all but the datagrams of netlink
  unshare -n python3 tests/fuzz/seed.py --record    those: asked of the kernel, about sockets in a network of their own
"""
import json
import pathlib
import re
import socket
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LISTENING, CLOSED = 10, 7


def write(target, seeds):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("seed-*"):
        old.unlink()
    for index, seed in enumerate(seeds):
        (folder / f"seed-{index:02}").write_bytes(seed.encode() if isinstance(seed, str) else seed)


def fill(value, name, shown):
    """Replaces each "…" of an example by what its field showed first, as tests/support/protocol_examples.cpp does."""
    if value == "…":
        return shown[name]
    if isinstance(value, dict):
        value = {key: fill(inner, key, shown) for key, inner in value.items()}
        shown.setdefault(name, value)
    elif isinstance(value, list):
        one = name[:-1] if name.endswith("s") else name
        value = [fill(inner, one, shown) for inner in value]
    return value


def examples():
    """Every message of PROTOCOL.md, on one line."""
    shown, lines = {}, []
    text = (ROOT / "common/protocol/PROTOCOL.md").read_text(encoding="utf-8")
    for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL):
        for message in re.split(r"^[→←] ", block, flags=re.MULTILINE)[1:]:
            message = " ".join(message.split())
            try:
                message = json.dumps(fill(json.loads(message), "", shown), ensure_ascii=False, separators=(",", ":"))
            except json.JSONDecodeError:
                pass
            lines.append(message)
    return lines, shown


def told(shown, kind, detail, listener=None):
    event = dict(shown["event"], kind=kind, detail=detail, listener=listener)
    return json.dumps({"jsonrpc": "2.0", "method": "event", "params": {"cursor": "fedcba9876543210.42", "event": event}},
                      ensure_ascii=False, separators=(",", ":"))


def messages():
    lines, shown = examples()
    listener = shown["listener"]
    owner = listener["owners"][0]
    time = "2026-11-21T08:02:00.000000Z"
    entry = {"service": listener["service"], "program": "x", "origin": "first-scan", "added_at": time, "added_by": None}
    key = listener["key"]
    lines += [
        told(shown, "started", {"version": "0.1.0", "sensor": "sock_diag"}),
        told(shown, "stopped", None),
        told(shown, "gap", {"from": time, "to": time, "reason": "it did not run"}),
        told(shown, "suspended", {"duration_us": 5}),
        told(shown, "coverage_changed", {"coverage": shown["coverage"]}),
        told(shown, "closed", None, dict(listener, closed_at=time, closed_boot_us=1, closed_earliest=time, closed_precision="gap",
                                         owners=None, redacted=["owners"], device="lo", v6only=True)),
        told(shown, "opened", {"replaces": 40, "replaces_key": key}, dict(listener, address="::1", family="ipv6")),
        told(shown, "owner_changed", {"added": [owner], "removed": [owner]}, listener),
        told(shown, "policy_changed", {"added": [entry], "learning_until": time}),
        told(shown, "of_another_version", {"x": [1]}),
        '{"jsonrpc":"2.0","id":"a","method":"listeners.list","params":{"port":"[::1]:80","protocol":"udp","family":"ipv6","user":"ana",'
        '"program":"x","exposure":"any","verdict":"known","after":"x","limit":7}}',
        '{"jsonrpc":"2.0","id":-1,"method":"events.list","params":{"port":80,"since":"2026-11-21T08:02:00Z","until":"2026-11-21 08:02:00+01:00",'
        '"kinds":["opened","gap"],"program":"x","user":"y","unit":"z","after":"fedcba9876543210.1","newest_first":true,"limit":1000}}',
        '{"jsonrpc":"2.0","id":null,"method":"listeners.at","params":{"at":"0000-01-01T00:00:00Z","limit":1}}',
        '{"jsonrpc":"2.0","method":"status"}', '[{"jsonrpc":"2.0","id":1,"method":"status"}]', '{"jsonrpc":"2.0","id":1.5,"method":"status"}',
        '{"jsonrpc":"2.0","id":18446744073709551615,"method":"status"}', '{"id":1,"id":2,"jsonrpc":"2.0","method":"a","method":"b"}',
        '{"jsonrpc":"2.0","id":1,"method":"\\ud83d\\ude00\\u0000\\u202e","params":{"":[-0.0,1e308,0.1,-1]}}', "[" * 17 + "]" * 17,
        '{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"x","data":{"suggestion":"y"}}}', '{"jsonrpc":"2.0","id":1,"result":null}', "\x00",
        b"\xff\xfe{}", "1e999", '"' + "a" * 70 + '"',
    ]
    return lines


def framing():
    return [b"\x14\x00" + b"a\nbb\n\nccc\r\n", b"\x02\x00" + b"aa\naaa\naaaa\na\n", b"\x00\x00" + b"\n\na\n", b"\x08\x03\x00\x01\x82" + b"12345678\n123456789\n1\n",
            b"\x05\x01\x80" + b"aaaaaaaaaaaaaaaaaaaaaaaa\nb\n", b"\xff\x00" + b"x" * 300 + b"\ny\n", b"\x03\x02\x81\x00" + b"a\n" * 20, b""]


def proc():
    line = "   0: {}:1F90 {}:0000 {} 00000000:00000000 00:00000000 00000000  1000        0 {} 1 0000000000000000 100 0 0 10 0\n"
    v4, v6 = "0100007F", "00000000000000000000000001000000"
    head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    seeds = ["t" + head + line.format(v4, "0" * 8, "0A", 46161) + line.format(v4, "0" * 8, "01", 7), "t" + head + line.format(v6, "0" * 32, "0A", 0),
             "u" + head + line.format(v4, "0" * 8, "07", 5) + line.format(v6, "0" * 32, "07", 6)]
    seeds += ["s7 ({}) S 3 0 0 0 -1 {} 0 0 0 0 0 0 0 0 20 0 1 0 99 0 0\n".format(name, flags)
              for name, flags in (("bash", 4194560), (") S 1 (", 0), ("kworker/0:1", 2129984), ("a\nb c", 0))]
    seeds += ["s7 (x) Z 3 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 2 0 99 0 0\n"]
    seeds += ["SName:\tbash\nUmask:\t0022\nState:\tS (sleeping)\nUid:\t1000\t1000\t1000\t1000\nGid:\t1000\t1000\t1000\t1000\n", "SName:\t\\nUid:\\t0\nUid:\t1\n"]
    cgroups = ["0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.service", "0::/system.slice/nginx.service", "0::/init.scope", "0::/",
               "0::/system.slice/docker-" + "a" * 64 + ".scope", "12:cpu,cpuacct:/docker/" + "b" * 64 + "\n1:name=systemd:/docker/" + "b" * 64,
               "0::/machine.slice/machine-x\\x2dy.scope", "0::/lxc.payload.box/system.slice/a.service", "0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-" + "c" * 64 + ".scope"]
    seeds += ["g" + cgroup + "\n" for cgroup in cgroups]
    seeds += ["cpython3\0-m\0http.server\0", "Cnginx: master process /usr/sbin/nginx\0\0\0\0\0", "c\0\0", "Ca\0b\0c\0d\0e\0f\0g\0h\0i\0"]
    programs = [("/usr/bin/python3.11", "/home/ana/demo", ["python3", "-X", "dev", "app.py"]), ("/usr/bin/python3.11", "/srv", ["python3", "-m", "http.server"]),
                ("/usr/bin/python3.11", "/srv", ["python3", "-c", "import os"]), ("/usr/bin/node", "/srv", ["node", "--require", "a.js", "server.js"]),
                ("/usr/bin/bash", "/", ["bash", "-lc", "exec x"]), ("/usr/lib/jvm/bin/java", "", ["java", "-cp", "a.jar", "-Dx=y", "com.example.Main"]),
                ("/usr/bin/java", "/srv", ["java", "-jar", "../app.jar"]), ("/lib/ld-linux-x86-64.so.2", "/", ["ld.so", "--library-path", "/l", "/bin/x"]),
                ("/tmp/x (deleted)", "/tmp", ["x"]), ("/usr/bin/deno", "/srv", ["deno", "run", "-A", "https://example.test/a.ts"]),
                ("/usr/bin/ruby3.1", "/srv", ["ruby", "-C", "app", "-Ilib", "./s.rb"]), ("/usr/bin/perl", "/srv", ["perl", "-w", "-e", "1"]), ("", "", [])]
    seeds += [mark + exe + "\0" + folder + "\0" + "".join(argument + "\0" for argument in argv) for exe, folder, argv in programs for mark in "i"]
    seeds += ["I/usr/bin/python3\0/srv\0python3\0-c\0import", "l/memfd:x (deleted)", "lsocket:[46161]", "lnet:[4026531840]", "l7", "p00040000\n", "p4294967295\n", "p1000\n"]
    return seeds


def configuration():
    commented = (ROOT / "packaging/config/portwatch.toml").read_text(encoding="utf-8")
    active = re.sub(r"^# ?(?=[a-z_]+ = )", "", commented, flags=re.MULTILINE)
    return [commented, active, "", 'profile = "server"\n[scan]\ninterval = "100ms"\nsensor = "proc_net"\n', "[policy]\nlearning = 5\nlocked = \"yes\"\n",
            'server.admin_group = "a\\"b\\\\c"\nserver.socket = "/run/x.sock"\nserver.max_sessions = 4096\n', '[history]\nretention = "forever"\n',
            "[log]\nlevel = 'debug'\ntarget = \"\"\"\njournal\"\"\"\n", "[[scan]]\n", "scan = 1\n[scan]\n", "a.b.c = [1, 2.5, 1979-05-27T07:32:00Z, {x = 1}]\n",
            '[state]\ndirectory = "/var/lib/portwatch"\n', "\ufeffprofile = 'laptop'\r\n", '"\\u202e" = 1\n', "x = [[[[[[[[[[1]]]]]]]]]]\n", 'server.admin_group = "\\u0000\\n"\n']


def typed():
    return ["3000", ":3000", "udp/5353", "5353/udp", "127.0.0.1:3000", "[::1]:3000", "localhost:3000", "http://localhost:3000/path?x#y", "https://example.test",
            "[::ffff:10.0.0.1]:80/tcp", "65536", "0", "::1", "fe80::1%eth0", "1:2:3:4:5:6:7:8", "90s", "15m", "250ms", "2w", "99999999999999999d", "2h ago", "yesterday 14:05",
            "2026-11-21T12:33:11.381204Z", "2026-11-21 12:30:60.999999999+14:00", "2026-02-30", "23:59:59", "today", "now", "fedcba9876543210.42",
            "fedcba9876543210.9223372036854775808", "\x1b[31mred\x07", "\u202eabc\u2028", "中文字符😀e\u0301", b"\xed\xa0\x80\xf4\x90\x80\x80\xc0\xaf\xe4\xb8", "histroy"]


def secrets():
    lines = [["--password=hunter2hunter2"], ["--token", "abcdefgh"], ["--password", "-x"], ["DB_PASSWORD=a b"], ["https://user:pass@host/a:b@c"], ["redis://:p/w?x#@host:1"],
             ["-Ddb.password=secret12"], ["-e", "TOKEN=aaaaaaaa;x"], ["sh", "-c", "PGPASSWORD='a b' psql \"--password\" x"], ["-H", "X-Api-Key: 12345678"],
             ["--header", '{"password": "a\\"b", "x": 1}'], ["--tls-key=/etc/x.pem"], ["--no-password"], ["?access_token=abc&x=1#y"], ["--credentials", "@file"], ["a" * 40 + "://"],
             ["--secret=***"], ["password==x"], ["token=token=token="], ["--eval", "let password = `a`"]]
    return ["\0".join(line) for line in lines]


def bpf_events():
    """Records as abi.h lays them out: one of each kind, and a row of the iterator."""
    def told(kind, body):
        return struct.pack("=IIQQQiI", kind, 40 + len(body), 5_000_000_123, 1_234_567_890, 7, 42, 1000) + body
    def facts(family, protocol, flags=0x6, port=8080):
        address = bytes([127, 0, 0, 1]) + bytes(12) if family == 4 else bytes(16)
        return struct.pack("=QQIIII16sHBBI", 99, 1234, 0xF0000000, 33, 2, flags, address, port, family, protocol, 128)
    def area(text, size):
        return text + bytes(size - len(text))
    def process(flags, exe, cwd, cgroup, argv, ancestors=1):
        numbers = struct.pack("=QQIIIIiiIIHHHHII", 5, 77, 8 << 20 | 1, flags, 501, 3, 40, 1, 0xEFFFFFFC, 0xF0000000,
                              len(exe), len(cwd), len(cgroup), len(argv), ancestors, 0)
        parents = struct.pack("=QiI16s", 20_000_000, 1, 0, b"systemd") * 4
        return told(1, numbers + area(b"nginx", 16) + area(b"pts3", 16) + parents + area(exe, 768) + area(cwd, 768) + area(cgroup, 768) + area(argv, 1024))
    tcp, udp = facts(4, 6), facts(6, 17, 0x1)
    whole = process(0xA91, b"nginx\0sbin\0usr\0", b"srv\0", b"nginx.service\0system.slice\0", b"nginx\0--token=hush\0")
    return [whole, process(0x16F, b"x\0y\0", b"\0", b"", b""), process(0, b"", b"", b"", b"", 5), process(0x1, b"memfd:a", b"", b"", b""),
            told(2, tcp), told(3, facts(4, 6, port=0)), told(4, struct.pack("=QQIiIHBB", 99, 1234, 1, 9, 1, 0, 4, 6)), told(5, udp),
            told(6, struct.pack("=QQIiIHBB", 99, 1234, 1, 0, 2, 53, 6, 17)), told(7, tcp + struct.pack("=QII", 6_000_000_000, 1, 2)),
            told(8, struct.pack("=QII", 6, 1, 0)), told(9, struct.pack("=QQiI", 9, 7, 43, 1000)), told(10, struct.pack("=iI", 256, 0)),
            told(11, bytes(8)), struct.pack("=QQiIII", 1, 2, 3, 4, 5, 0) + tcp, struct.pack("=QQiIQ", 1, 2, 3, 4, 7000) + tcp + bytes(8), whole[:-1], b""]


def traces():
    """Files of --record: a program listens, is told of, and ends."""
    def at(second):
        return {"boot_us": second * 1_000_000, "utc": f"2026-11-21T08:00:{second:02}.000000Z", "suspended_us": 0}
    def line(kind, **fields):
        return json.dumps({kind: fields}, ensure_ascii=False, separators=(",", ":")) + "\n"
    rules = {"profile": "laptop", "learning_us": 0, "look_interval_us": 1_000_000}
    sensor = {"name": "fake", "summary": "s", "blind_spots": ["b"], "skipped": [{"name": "bpf", "reason": "r"}]}
    began = line("portwatch_trace", format=1, version="0.1.0", sensor=sensor, boot_id="boot-1", machine_hash=None, rules=rules, at=at(1))
    host = line("host", boot_id="boot-1", machine_hash="00ff", namespace=7, initial_pid_namespace=True, first_dynamic_port=32768, last_dynamic_port=60999,
                interfaces=[{"name": "lo", "loopback": True, "bridge_without_uplink": False, "addresses": ["127.0.0.1", "::1"]}])
    table = {"namespace": 7, "protocol": "tcp", "family": "ipv4"}
    coverage = line("coverage", tables=[table], holes=[dict(table, protocol="udp", reason="x")], denied_processes=0, bind_intents_known=True)
    def process(number, pid):
        return line("process", number=number, pid=pid, start_time="2026-11-21T07:59:00.000000Z", start_boot_us=5, name="n\U0010FEFF", exe="/usr/bin/python3",
                    exe_file={"device": 1, "inode": 2}, exe_deleted=False, command=["python3", "a.py"], command_truncated=False, cwd="/srv", uid=0, user="root",
                    login_uid=None, unit=None, container=None, container_name=None, ancestors=[{"pid": 1, "start_boot_us": 0, "name": "init"}], attribution="exact", image=3)
    socket_of = {"protocol": "tcp", "family": "ipv4", "address": "127.0.0.1", "port": 80, "device": None, "namespace": 7, "v6only": None,
                 "socket": {"kind": "cookie", "value": 9}, "inode": 4, "socket_uid": 0, "mptcp": False, "bind_intent": "explicit"}
    sighting = line("sighting", number=3, user="root", presence="listed", owners=[1], attribution="exact", **socket_of)
    def look(second, **more):
        return line("look", started_boot_us=second * 1_000_000 - 9, finished_boot_us=second * 1_000_000 - 5, suspended_at_start_us=0, suspended_at_finish_us=0,
                    at=at(second), **more)
    told = line("told", at=at(4), observations=[{"closed": {"namespace": 7, "socket": {"kind": "cookie", "value": 9}, "at_boot_us": 3_500_000}},
                                                {"opened": dict(socket_of, at_boot_us=3_600_000, opener=1)}, {"holders_changed": {"at_boot_us": 3_700_000}},
                                                {"lost": {"from_boot_us": 1, "to_boot_us": 3, "count": 2}}])
    start = began + host + coverage
    rest = line("tick", at=at(8)) + line("rules", rules=rules, at=at(8)) + line("end", at=at(9))
    return [start + process(1, 5) + sighting + look(2, sightings=[[3, 1]]) + look(3) + told + look(5, sightings=[]) + look(6) + look(7) + rest,
            start + look(2, sightings=[]) + process(2, 6) + told.replace('"opener":1', '"opener":2') + rest,
            start + process(1, 5) + sighting + look(2, sightings=[[3, 2]]), began, line("portwatch_trace", format=2), "{}\n", start + look(2), rest]


def ask(netlink, kind, payload):
    """Every datagram of the answer to one question."""
    netlink.send(struct.pack("=IHHII", 16 + len(payload), kind, 0x301, 1, 0) + payload)
    datagrams = []
    while True:
        datagrams.append(netlink.recv(65536))
        if struct.unpack_from("=H", datagrams[-1], 4)[0] in (2, 3) or b"\x14\x00\x00\x00\x03\x00" in datagrams[-1]:
            return datagrams


def record():
    """The kernel's own words about a few sockets of ours."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    held = []
    for family, kind, address, v6only in ((socket.AF_INET, socket.SOCK_STREAM, "127.0.0.1", None), (socket.AF_INET, socket.SOCK_STREAM, "0.0.0.0", None),
                                          (socket.AF_INET6, socket.SOCK_STREAM, "::", 0), (socket.AF_INET6, socket.SOCK_STREAM, "::", 1),
                                          (socket.AF_INET6, socket.SOCK_STREAM, "::1", 1), (socket.AF_INET, socket.SOCK_DGRAM, "127.0.0.1", None),
                                          (socket.AF_INET6, socket.SOCK_DGRAM, "::", 1)):
        made = socket.socket(family, kind)
        if v6only is not None:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6only)
        made.bind((address, 0))
        if kind == socket.SOCK_STREAM:
            made.listen()
        held.append(made)
    netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4)
    request = lambda family, protocol, state: struct.pack("=BBBBI48x", family, protocol, 0, 0, 1 << state)
    # The kernel fills the fields it shares with others by number; "all states" shows connections too.
    questions = [(18, struct.pack("=BBBB48xII", 0, 0, 0, 0, 1 << LISTENING, 0))]
    questions += [(20, request(family, protocol, state)) for family in (socket.AF_INET, socket.AF_INET6)
                  for protocol, state in ((socket.IPPROTO_TCP, LISTENING), (socket.IPPROTO_UDP, CLOSED))]
    questions += [(20, request(99, 6, LISTENING))]
    seeds = [datagram for kind, payload in questions for datagram in ask(netlink, kind, payload)]
    whole = seeds[0]
    seeds += [whole[:40], whole[:-3], b"\xff\xff\xff\xff" + whole[4:], b"\x00" * 16, whole[:16], b""]
    write("netlink", seeds)


if __name__ == "__main__":
    if sys.argv[1:] == ["--record"]:
        record()
    else:
        for make in (bpf_events, configuration, framing, messages, proc, secrets, traces, typed):
            write(make.__name__, make())
