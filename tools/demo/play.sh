#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# play.sh: the part of scripts/play.sh that runs inside the VM

set -eu
cd "$(dirname "$0")"
# shellcheck source=tools/demo/lib.sh
. ./lib.sh

insmod "$XTCP_KO"
two_hosts
cat >/run/playrc <<'RC'
. "$XTCP_DEMO/lib.sh"
PS1='\[\e[1;36m\]xtcp\[\e[0m\]:\w# '
RC
cat <<'HINT'

xtcp is loaded. Two hosts are there: client (10.0.0.1, fd00::1) and
server (10.0.0.2, fd00::2). What you do here is gone when you leave.

   on server python3 hello.py serve &        a server of ten lines
   on client python3 hello.py                its client
   on client cat /proc/net/xtcp              connections; 06 is TIME-WAIT
   cat /proc/net/xtcp_stat                   what happened, by name
   on client sysctl net.xtcp                 the knobs of that host
   on client sysctl -w net.xtcp.msl_ms=1000
   on server tc qdisc add dev eth0 root netem loss 10% delay 50ms
   on client tshark -i eth0 -d ip.proto==253,tcp
   rmmod xtcp; insmod $XTCP_KO

Leave with ctrl-D.

HINT
export XTCP_DEMO="$PWD"
exec bash --rcfile /run/playrc
