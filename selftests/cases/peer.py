# SPDX-License-Identifier: GPL-2.0
"""Plays all of scripts/: a rule of an RFC each, as its figures are drawn.

How a script reads is told in script.py.
"""
import importlib
import os

import lib
from lib.talk import SCRIPTS

for name in sorted(os.listdir(SCRIPTS)):
    if name.endswith(".py"):
        importlib.import_module("scripts." + name.removesuffix(".py"))
lib.main()
