# SPDX-License-Identifier: BSD-2-Clause
# Reads the names of our files, then "file:line:#include ..." lines; prints what goes against the
# directions of DESIGN: uapi <- kmod, bpf, daemon; skeleton and some daemon headers <- tools.

function norm(path,    parts, n, i, out, depth) {
	n = split(path, parts, "/")
	for (i = 1; i <= n; i++) {
		if (parts[i] == ".." && depth)
			depth--
		else if (parts[i] != "." && parts[i] != "")
			out[++depth] = parts[i]
	}
	path = ""
	for (i = 1; i <= depth; i++)
		path = path (i > 1 ? "/" : "") out[i]
	return path
}

function resolve(file, name, quoted,    dir, i) { # our file that an include means, or ""
	dir = file
	sub(/[^\/]*$/, "", dir)
	if (quoted && (norm(dir name) in ours))
		return norm(dir name)
	for (i = 1; i <= npaths; i++)
		if (norm(paths[i] "/" name) in ours)
			return norm(paths[i] "/" name)
	return ""
}

function top(path) {
	return index(path, "/") ? substr(path, 1, index(path, "/") - 1) : "."
}

BEGIN {
	npaths = split(". uapi bpf kmod daemon daemon/learn daemon/largeml tools tools/lib tests", paths, " ")
	may["uapi"] = " uapi "
	may["kmod"] = " kmod uapi "
	may["bpf"] = " bpf uapi "
	may["daemon"] = " daemon uapi "
	may["tools"] = " tools uapi skeleton "
	linked = "^daemon/(learn/[a-z_]+|error|model|schema|maps|policy|plan|allow|bpffs|nl|log|run|case|bundle|generations|shelf|keys|whole|models|owner)\\.h$"
}

FILENAME == ARGV[1] { ours[$0]; next }

{
	file = $0
	sub(/:.*/, "", file)
	name = $0
	sub(/^[^<"]*/, "", name)
	quoted = name ~ /^"/
	name = substr(name, 2)
	sub(/[">].*/, "", name)
	from = top(file)
	target = resolve(file, name, quoted)
	if (name ~ /\.skel\.h$/)
		to = "skeleton"
	else if (target != "")
		to = top(target)
	else if (quoted && name !~ /\.gen\.[a-z]+$/ && name !~ /(^|\/)(vmlinux|tlml_nl)\.h$/) {
		print $0 "  -- not a file of ours: system headers go in <>"
		next
	} else if (from == "uapi" && name !~ /^linux\//) {
		print $0 "  -- uapi compiles everywhere: only <linux/...> headers"
		next
	} else
		next
	if (from == "tests" || index(may[from], " " to " "))
		next
	if (from == "tools" && target ~ linked)
		next
	print $0 "  -- " from " must not include " to
}
