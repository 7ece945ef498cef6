# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: BSD-2-Clause
# Which seeds of recordings are for what, in all training. Those of the demo and of the tests are
# none of these. Sourced.
TRAIN=({1..20})
VALIDATE=({21..26})
TEST=({27..32})
# Of the kinds that came later, which the large model alone is taught.
LATER_TRAIN=({101..106})
LATER_VALIDATE=(107 108)
LATER_TEST=(109 110)
