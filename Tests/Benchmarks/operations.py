# SPDX-License-Identifier: Apache-2.0
"""Compares what single operations cost with thresholds.json: blocks and bytes from the heap, and instructions where
valgrind is found. None of these depends on how busy the machine is. See operations.sh."""

import argparse
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
THRESHOLDS = os.path.join(HERE, "thresholds.json")
# Blocks are exact. Bytes and instructions differ a little by the C library and by where a table's entries fall.
ROOM = {"blocks": 1.0, "bytes": 1.02, "instructions": 1.08}
# So much better than the threshold means that the threshold is out of date.
STALE = {"blocks": 1.0, "bytes": 0.9, "instructions": 0.85}


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--times", type=int, default=64)
    parser.add_argument("--write", action="store_true", help="makes what is measured the new thresholds")
    return parser.parse_args()


def environment():
    # Swift seeds its hash tables anew in each process, and so their collisions.
    return {**os.environ, "SWIFT_DETERMINISTIC_HASHING": "1"}


def run(program, times):
    output = subprocess.run(
        [program, "--times", str(times)], env=environment(), check=True, capture_output=True, text=True
    ).stdout
    found = {}
    for line in output.splitlines():
        name, blocks, size, nanoseconds = line.split()
        found[name] = {"blocks": int(blocks), "bytes": int(size), "nanoseconds": int(nanoseconds)}
    return found


def count_instructions(program, times, found):
    """One run under callgrind, which writes a file each time the measured region ends."""
    with tempfile.TemporaryDirectory() as folder:
        # This valgrind does not read the debugging information of this compiler.
        plain = os.path.join(folder, "operations")
        shutil.copy(program, plain)
        subprocess.run(["strip", "--strip-debug", plain], check=True)
        region = "gatehouse_measured_region"
        command = ["valgrind", "--tool=callgrind", f"--toggle-collect={region}", f"--dump-after={region}"]
        command += [f"--callgrind-out-file={folder}/out", plain, "--times", str(times)]
        done = subprocess.run(command, env=environment(), capture_output=True, text=True)
        if done.returncode != 0:
            print(f"valgrind could not run the program, so no instructions are counted:\n{done.stderr[-2000:]}")
            return
        files = [name for name in glob.glob(f"{folder}/out.*") if re.search(r"\.\d+$", name)]
        files.sort(key=lambda name: int(name.rsplit(".", 1)[1]))
        if len(files) != len(found):
            sys.exit(f"callgrind wrote {len(files)} files for {len(found)} operations")
        for name, path in zip(found, files):
            with open(path) as file:
                total = re.search(r"^(?:totals|summary): (\d+)", file.read(), re.M)
            found[name]["instructions"] = int(total.group(1)) // times


def compare(found, thresholds):
    """Prints the table. The operations that cost more than they may, and those that the table does not know."""
    over, stale = [], []
    print(f"{'':26}{'blocks':>14}{'bytes':>18}{'instructions':>20}{'ns':>10}")
    for name, figures in found.items():
        limits = thresholds.get(name)
        if limits is None:
            over.append(f"{name} has no row in thresholds.json")
            limits = {}
        cells = ""
        for figure, width in (("blocks", 14), ("bytes", 18), ("instructions", 20)):
            if figure not in figures:
                cells += f"{'-':>{width}}"
                continue
            value, limit = figures[figure], limits.get(figure)
            cells += f"{f'{value} / {limit}':>{width}}"
            if limit is not None and value > limit * ROOM[figure]:
                over.append(f"{name}: {value} {figure}, at most {limit}")
            elif limit is not None and value < limit * STALE[figure]:
                stale.append(f"{name}: {value} {figure} where {limit} are allowed")
        print(f"{name:26}{cells}{figures['nanoseconds']:>10}")
    over += [f"{name} was not measured" for name in thresholds if name not in found]
    return over, stale


def main():
    options = parse()
    found = run(options.program, options.times)
    if shutil.which("valgrind") and shutil.which("strip"):
        count_instructions(options.program, options.times, found)
    else:
        print("valgrind or strip is missing: no instructions are counted")
    thresholds = {}
    if os.path.exists(THRESHOLDS):
        with open(THRESHOLDS) as file:
            thresholds = json.load(file)
    over, stale = compare(found, thresholds)
    if options.write:
        kept = ("blocks", "bytes", "instructions")
        with open(THRESHOLDS, "w") as file:
            rows = {name: {key: row[key] for key in kept if key in row} for name, row in found.items()}
            file.write("{\n" + ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in rows.items()) + "\n}\n")
        return
    for line in stale:
        print(f"better than its threshold, which is to be renewed (operations.sh --write): {line}")
    if over:
        sys.exit("over the threshold:\n  " + "\n  ".join(over))


if __name__ == "__main__":
    main()
