# SPDX-License-Identifier: BSD-2-Clause
# Turns records of tests/ktap.awk back into one KTAP document, results prefixed with "prefix".
BEGIN { FS = "\t"; print "KTAP version 1" }
$1 == "#" && $2 != "" { print "# " $2 }
$1 == "ok" || $1 == "skip" { print "ok " ++n " " prefix $2 }
$1 == "fail" { print "not ok " ++n " " prefix $2; failed = 1 }
END { print "1.." n + 0; exit failed }
