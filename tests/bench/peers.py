"""peers.py - what `run --peers` measures: coracle beside the runtimes that are installed, in one table.
The steps from start to stop, exec, and the smallest memory limit that a container lives with.  All get
the same configuration, so the machine must be one on which all run, as that of tests/vm is:

    tests/vm/run --command -- tests/bench/run --build /coracle/build --peers --runs 10 --rounds 3
"""

import json
import os
import shutil
import statistics
import subprocess

SEARCH = os.environ["PATH"] + ":/usr/sbin:/sbin"
STEP_KIB = 16           # how exactly the smallest limit is told
MOST_KIB = 1 << 20      # what surely suffices
TRIES = 3               # with a limit: it holds if all of them end well
PATIENCE = 60           # seconds for one of them


def programs(bench):
    """{subject: program}"""
    found = bench.programs()
    for name in ("crun", "runc"):
        program = shutil.which(name, path=SEARCH)
        if program:
            found[name] = program
    return found


class Subject:
    def __init__(self, bench, name, program):
        self.bench = bench
        self.command = [program, "--root", bench.path(f"run/{name.replace(', ', '-')}-peers")]
        self.samples = {}

    def spawn(self, column, count, *args):
        """the mean of `count` commands; by a file, for what lives on keeps a pipe open"""
        words = [self.bench.path("spawn"), str(count), *self.command, *args]
        with open(self.bench.path("spawned"), "w+", encoding="ascii") as file:
            subprocess.run(words, check=True, stdin=subprocess.DEVNULL, stdout=file)
            file.seek(0)
            mean = float(file.read().split()[0])
        self.samples.setdefault(column, []).append(mean / 1000)

    def round(self, ends, waits):
        """ends, waits: bundles whose program does so"""
        runs = self.bench.runs
        self.spawn("run", runs, "run", "--bundle", ends, "peer-%")
        self.spawn("create", runs, "create", "--bundle", waits, "peer-%")
        self.spawn("start", runs, "start", "peer-%")
        self.spawn("exec", runs, "exec", "peer-0", "/true")
        self.spawn("delete", runs, "delete", "--force", "peer-%")

    def fits(self, bundle, kib):
        """whether the container of that bundle runs with so little memory"""
        path = os.path.join(bundle, "config.json")
        with open(path, "r+", encoding="utf-8") as file:
            config = json.load(file)
            config["linux"].setdefault("resources", {})["memory"] = {"limit": kib << 10}
            file.seek(0)
            file.truncate()
            json.dump(config, file)
        return all(self.ends_well(bundle, f"floor-{kib}-{number}") for number in range(TRIES))

    def ends_well(self, bundle, name):
        try:
            return subprocess.run([*self.command, "run", "--bundle", bundle, name], check=False,
                                  stdin=subprocess.DEVNULL, capture_output=True,
                                  timeout=PATIENCE).returncode == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            subprocess.run([*self.command, "delete", "--force", name], check=False,
                           capture_output=True)

    def floor(self, bundle):
        """KiB: by doubling until it fits, then by halves"""
        high = STEP_KIB
        while not self.fits(bundle, high):
            high *= 2
            if high > MOST_KIB:
                raise RuntimeError(f"{self.command[0]} runs nothing here with a memory limit")
        low = high // 2
        while high - low > STEP_KIB:
            middle = (low + high) // 2
            if self.fits(bundle, middle):
                high = middle
            else:
                low = middle
        return high


def waiting(bench):
    with open(bench.path("wait.c"), "w", encoding="ascii") as file:
        file.write("#include <unistd.h>\nint main(void) { for (;;) pause(); }\n")
    subprocess.run(["cc", "-O2", "-static", "-s", "-o", bench.path("wait"), bench.path("wait.c")],
                   check=True)
    bundle = bench.bundle("waiting", lambda config: config["process"].update(args=["/wait"]))
    shutil.copy(bench.path("wait"), os.path.join(bundle, "rootfs/wait"))
    return bundle


def print_all(bench):
    ends, waits = bench.path("bundle"), waiting(bench)
    tight = bench.bundle("tight")
    subjects = {name: Subject(bench, name, program) for name, program in programs(bench).items()}
    for _ in range(bench.rounds):
        for subject in subjects.values():
            subject.round(ends, waits)
    columns = ("run", "create", "start", "exec", "delete")
    print(f"{bench.rounds} rounds of {bench.runs} commands, medians of the rounds' means, in ms\n")
    print(f"{'':<18}" + "".join(f"{column:>10}" for column in columns) + f"{'memory floor':>18}")
    for name, subject in subjects.items():
        times = "".join(f"{statistics.median(subject.samples[column]):>10.2f}" for column in columns)
        print(f"{name:<18}{times}{subject.floor(tight):>14} KiB", flush=True)
