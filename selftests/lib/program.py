# SPDX-License-Identifier: GPL-2.0
"""The stress programs, in C: started in a namespace, their output read, and ended."""
import os
import select
import subprocess

from lib import BUILT, equal, fail, slow, wait_for


class Program:
    """A program of build/selftests that runs in a namespace."""
    alive = []

    def __init__(self, ns, name, *arguments):
        path = os.path.join(BUILT, name)
        with ns:
            self.process = subprocess.Popen([path, *map(str, arguments)],
                                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.name, self.said = name, b""
        Program.alive.append(self)

    def hear(self, word, bound=20):
        """Wait until it has printed the word since the last call."""
        def heard():
            if select.select([self.process.stdout], [], [], 0.05)[0]:
                part = os.read(self.process.stdout.fileno(), 4096)
                self.said += part
                if not part:
                    fail(f"{self.name} has ended: {self.said.decode()}")
            return word in self.said
        wait_for(heard, bound, f"{self.name} to say {word}")
        self.said = b""

    def join(self, bound=300):
        """Wait for its end; it must have succeeded."""
        self.said += self.process.communicate(timeout=slow(bound))[0]
        Program.alive.remove(self)
        print(self.said.decode(), end="")
        equal(self.process.returncode, 0, f"status of {self.name}")

    def kill(self):
        Program.alive.remove(self)
        self.process.kill()
        self.process.communicate()

    @classmethod
    def kill_all(cls):
        """Kill the programs that a failed case has left behind."""
        for left in list(cls.alive):
            left.kill()
