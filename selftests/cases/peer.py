# SPDX-License-Identifier: GPL-2.0
"""Plays all of scripts/: each a rule of an RFC, in the form of its figures.

The notation is explained in script.py.
"""
import importlib
import os

import lib
from lib.talk import SCRIPTS

for name in sorted(os.listdir(SCRIPTS)):
    if name.endswith(".py"):
        importlib.import_module("scripts." + name.removesuffix(".py"))
lib.main()
