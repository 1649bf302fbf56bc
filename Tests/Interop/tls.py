# SPDX-License-Identifier: Apache-2.0
"""What scanners find in the gateway's TLS: nothing. sslyze judges by Mozilla's "intermediate", testssl looks for faults.

Runs with the Python of the environment of sslyze. Without testssl in PATH that part says that it is left out.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import checks
import environments
from certificates import Authority
from checks import check, equal
from gateway import Gateway

SSLYZE = os.path.join(os.path.dirname(sys.executable), "sslyze")
# What testssl calls no fault, and what it says of its own openssl.
HARMLESS = {"OK", "INFO", "DEBUG"}
OWN = {"engine_problem"}


def sslyze(port, authority):
    """Exit code and report."""
    # Few connections at a time: it gives a scan up that a busy machine keeps waiting.
    command = [SSLYZE, "--slow_connection", "--mozilla_config=intermediate", "--certinfo_ca_file", authority]
    command.append("localhost:%d" % port)
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300)
    return ran.returncode, ran.stdout + ran.stderr


def testssl(port, folder):
    """Every finding: its name and its severity."""
    report = os.path.join(folder, "testssl-%d.json" % port)
    command = ["testssl", "--quiet", "--color", "0", "--warnings", "off", "--jsonfile", report, "-p", "-U"]
    ran = subprocess.run(command + ["localhost:%d" % port], capture_output=True, text=True, timeout=600)
    try:
        with open(report) as file:
            return {item["id"]: (item["severity"], item["finding"]) for item in json.load(file)}
    except (OSError, ValueError):
        check("testssl reports", False, ran.stdout + ran.stderr)
        return {}


class WeakServer:
    """A server that both scanners must object to: so they can."""

    def __init__(self, folder):
        files = ["-cert", os.path.join(folder, "listener.pem"), "-key", os.path.join(folder, "listener.key")]
        self.process = subprocess.Popen(
            ["openssl", "s_server", "-accept", "127.0.0.1:0", *files, "-www", "-cipher", "ALL:@SECLEVEL=0",
             "-legacy_renegotiation", "-client_renegotiation", "-min_protocol", "TLSv1", "-max_protocol", "TLSv1.2"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        for line in self.process.stdout:
            found = re.match(r"ACCEPT .*:(\d+)", line)
            if found:
                self.port = int(found.group(1))
                return
        raise RuntimeError("openssl s_server did not start")

    def stop(self):
        self.process.kill()
        self.process.wait()


def faults(port, folder):
    return {key: it for key, it in testssl(port, folder).items() if it[0] not in HARMLESS and key not in OWN}


def main():
    has_testssl = shutil.which("testssl") is not None
    if not has_testssl:
        print("skipped: testssl is not installed", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        scan(folder, Authority(folder, "scanned"), has_testssl)


def scan(folder, authority, has_testssl):
    servers = {"time": environments.stdio(environments.TIME)}
    with Gateway(environments.BINARIES, servers, [], [], authority=authority) as gateway:
        code, report = sslyze(gateway.port, gateway.authority)
        check("sslyze: as Mozilla recommends", code == 0 and "OK - Compliant" in report, report[-1000:])
        if has_testssl:
            equal("testssl: no fault", faults(gateway.port, folder), {})
        weak = WeakServer(folder)
        try:
            code, report = sslyze(weak.port, gateway.authority)
            check("sslyze objects to a weak server", code != 0 and "Not compliant" in report, report[-1000:])
            if has_testssl:
                check("testssl finds faults of a weak server", len(faults(weak.port, folder)) > 2)
        finally:
            weak.stop()


checks.prefix = "TLS: "
try:
    main()
except Exception:
    checks.crashed("the scanners")
checks.finish()
