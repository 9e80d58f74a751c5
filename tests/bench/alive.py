"""alive.py - what `run` measures of containers that live: exec beside its limit and the peers, many
containers at a time, many runs at a time"""

import contextlib
import json
import os
import shutil
import subprocess

import rounds

MANY = 1000
TOGETHER = 50
SEARCH = os.environ["PATH"] + ":/usr/sbin:/sbin"
CGROUPS = "/sys/fs/cgroup"


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@contextlib.contextmanager
def containers(program, root, bundle, names):
    """running ones; their program waits"""
    try:
        for name in names:
            subprocess.run([program, "--root", root, "run", "--detach", "--bundle", bundle, name],
                           check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        yield
    finally:
        for name in names:
            subprocess.run([program, "--root", root, "delete", "--force", name], check=False,
                           capture_output=True)


def bundles(bench):
    """one whose program waits; and the same for crun 1.8, which cannot load device rules where the
    limit of locked memory is low"""
    with open(bench.path("wait.c"), "w", encoding="ascii") as file:
        file.write("#include <unistd.h>\nint main(void) { for (;;) pause(); }\n")
    output("cc", "-O2", "-static", "-s", "-o", bench.path("wait"), bench.path("wait.c"))
    output("cc", "-O2", "-static", "-s", "-o", bench.path("limit_exec"),
           os.path.join(os.path.dirname(os.path.abspath(__file__)), "limit_exec.c"))

    def wait(config):
        config["process"]["args"] = ["/wait"]

    def wait_bare(config):
        wait(config)
        config["linux"].pop("resources", None)
    made = bench.bundle("waiting", wait), bench.bundle("waiting-bare", wait_bare)
    for path in made:
        shutil.copy(bench.path("wait"), os.path.join(path, "rootfs/wait"))
    return made


def place_of(bench, name):
    """a container's pid and cgroup, as limit_exec takes them"""
    pid = str(json.loads(output(bench.coracle, "--root", bench.root, "state", name))["pid"])
    with open(f"/proc/{pid}/cgroup", encoding="ascii") as file:
        return pid, CGROUPS + next(line[3:].strip() for line in file if line.startswith("0::"))


def exec_subjects(bench, waiting, bare, stack):
    """name: the command of one exec of /true; their containers run until the stack is closed"""
    stack.enter_context(containers(bench.coracle, bench.root, waiting, ["one"]))
    found = {"limit_exec": [bench.path("limit_exec"), *place_of(bench, "one"), "/true"]}
    for program_name, program in bench.programs().items():
        found[program_name] = [program, "--root", bench.root, "exec", "one", "/true"]
    for name, bundle in (("crun", bare), ("runc", waiting)):
        program = shutil.which(name, path=SEARCH)
        if program:
            root = bench.path(f"run/{name}-exec")
            stack.enter_context(containers(program, root, bundle, [f"one-{name}"]))
            found[name] = [program, "--root", root, "exec", f"one-{name}", "/true"]
    return found


def measure_execs(bench):
    """{subject: microseconds}"""
    with contextlib.ExitStack() as stack:
        subjects = exec_subjects(bench, *bundles(bench), stack)
        pid, cgroup = subjects["limit_exec"][1:3]
        alone = [bench.path("limit_exec"), "-n", str(bench.runs), pid, cgroup, "/true"]

        def measure(command):
            if command == alone:
                return float(output(*command).split()[0]) * 1000
            return bench.spawned(command)[0]
        return rounds.medians(rounds.take({"system calls": alone, **subjects}, bench.rounds, measure))


def commands_on(bench, name):
    """{command: microseconds} with all that lives beside it.  The first two are none of ours: what they
    take longer beside many is the machine's."""
    program = [bench.coracle, "--root", bench.root]
    commands = {"empty": [bench.path("true")],
                "limit_exec": [bench.path("limit_exec"), *place_of(bench, name), "/true"],
                "state": [*program, "state", name], "exec": [*program, "exec", name, "/true"],
                "kill": [*program, "kill", name, "WINCH"]}  # ignored by default
    return rounds.medians(rounds.take(commands, bench.rounds, lambda command: bench.spawned(command)[1]))


def measure_many(bench):
    """what state, exec and kill cost beside one container and beside MANY, by turns: one, many, one"""
    waiting = bench.path("waiting")
    with containers(bench.coracle, bench.root, waiting, ["subject"]):
        before = commands_on(bench, "subject")
        with containers(bench.coracle, bench.root, waiting, [f"many-{n}" for n in range(MANY)]):
            many = commands_on(bench, "subject")
        after = commands_on(bench, "subject")
    return {command: ((before[command] + after[command]) / 2, many[command]) for command in many}


def processors():
    """(ticks that the processors were busy, all ticks)"""
    with open("/proc/stat", encoding="ascii") as file:
        ticks = [int(word) for word in file.readline().split()[1:9]]
    return sum(ticks[:3]) + sum(ticks[5:]), sum(ticks)


def measure_together(bench):
    """{subject: (microseconds a run one after the other, TOGETHER at a time, processors that are busy
    with one after the other)}; limit_run is what the kernel allows: one process a container there, too,
    and nothing shared but the kernel.  What keeps 1.4 of 2 processors busy alone, with init, the host
    and the kernel's cleaning up beside each other, cannot be more than 2 / 1.4 times as fast."""
    subjects = {"limit_run": bench.limit_run()}
    if os.path.exists(bench.path("limit_run-musl")):
        subjects["limit_run, musl"] = bench.limit_run(program="limit_run-musl")
    for name, program in bench.programs().items():
        subjects[name] = [program, "--root", bench.root, "run", "--bundle", bench.path("bundle"),
                          "together-%"]

    def measure(run):
        before = processors()
        alone = float(output(bench.path("spawn"), str(TOGETHER), *run).split()[0])
        after = processors()
        together = float(output(bench.path("spawn"), "-p", str(TOGETHER), *run))
        ticks = [end - begin for begin, end in zip(before, after)]
        return [alone, together, os.cpu_count() * ticks[0] / max(ticks[1], 1)]
    return rounds.medians(rounds.take(subjects, max(bench.rounds // 5, 1), measure))


def print_all(bench):
    execs = measure_execs(bench)
    limit = execs["limit_exec"]
    print(f"\n{'':<18}{'ms an exec':>10}{'x limit':>10}")
    for name, us in execs.items():
        print(f"{name:<18}{us / 1000:>10.2f}{us / limit:>10.2f}")
    print(f"\nbeside {MANY} containers   {'alone, ms':>10}{'many, ms':>10}{'x':>8}")
    for command, (one, many) in measure_many(bench).items():
        print(f"{command:<25}{one / 1000:>10.2f}{many / 1000:>10.2f}{many / one:>8.2f}")
    print(f"\n{TOGETHER} runs at a time      {'alone, ms':>10}{'together':>10}{'throughput x':>14}"
          f"{'busy alone':>12}")
    for name, (alone, together, busy) in measure_together(bench).items():
        print(f"{name:<25}{alone / 1000:>10.2f}{together / 1000:>10.2f}{alone / together:>14.2f}{busy:>12.2f}")
