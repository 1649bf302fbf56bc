# SPDX-License-Identifier: Apache-2.0
"""One printed line for each check; run.sh counts them."""

import sys
import traceback

counts = {"passed": 0, "failed": 0}
prefix = ""


def check(name, holds, detail=""):
    """Records whether something holds, and goes on."""
    counts["passed" if holds else "failed"] += 1
    line = "%s %s%s" % ("ok    " if holds else "FAILED", prefix, name)
    print(line if holds or detail == "" else "%s: %s" % (line, str(detail)[:1000]), flush=True)


def equal(name, found, wanted):
    check(name, found == wanted, "found %r, wanted %r" % (found, wanted))


def crashed(name):
    """Records the exception that is being handled."""
    traceback.print_exc(file=sys.stdout)
    check(name, False, "ended by an exception")


def finish():
    print("%d passed, %d failed" % (counts["passed"], counts["failed"]), flush=True)
    sys.exit(1 if counts["failed"] or not counts["passed"] else 0)
