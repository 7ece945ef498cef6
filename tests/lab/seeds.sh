# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: BSD-2-Clause
# Which seeds of recordings are for what, in all training. Those of the demo and of the tests are
# none of these. Sourced.
TRAIN=({1..20})
VALIDATE=({21..26})
TEST=({27..32})
