# SPDX-License-Identifier: Apache-2.0
"""Authorities of the tests' own, and what they issue. Made by the openssl command."""

import os
import subprocess


class Authority:
    def __init__(self, folder, name):
        self.folder, self.name, self.file = folder, name, os.path.join(folder, name + ".pem")
        self.run("req", "-x509", *self.new_key(name), "-out", self.file, "-days", "2", "-subj", "/CN=" + name,
                 "-addext", "keyUsage=critical,keyCertSign")

    def run(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=self.folder)

    def new_key(self, name):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key"]

    def issue(self, name, purpose):
        """For 127.0.0.1 and localhost. purpose: serverAuth or clientAuth. Returns the files of certificate and key."""
        request, extensions = name + ".csr", os.path.join(self.folder, name + ".extensions")
        self.run("req", *self.new_key(name), "-out", request, "-subj", "/CN=" + name)
        with open(extensions, "w") as file:
            file.write("subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=%s\nbasicConstraints=CA:FALSE\n"
                       "authorityKeyIdentifier=keyid\n" % purpose)
        self.run("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self.name + ".key", "-days", "2",
                 "-CAcreateserial", "-extfile", extensions, "-out", name + ".pem")
        os.chmod(os.path.join(self.folder, name + ".key"), 0o600)
        return os.path.join(self.folder, name + ".pem"), os.path.join(self.folder, name + ".key")
