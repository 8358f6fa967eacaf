# shellcheck shell=bash
# What tests on a cluster share: each sources it after common.sh, and works in a folder of its own where runs of jobs draw
# into 'out'.

failures=0
# check TEXT CONDITION…: one line of what must be so.
check() {
    local text=$1
    shift
    if [ "$@" ]; then
        echo "  $text"
    else
        echo "  $text: not so (expected $*)"
        failures=$((failures + 1))
    fi
}

# skipped WHAT WHY: says what cannot be tested here. With OMNICACHE_REQUIRE_CLUSTER=1 that is a failure.
skipped() {
    [ "${OMNICACHE_REQUIRE_CLUSTER:-}" != 1 ] || fail "$1 is required here (OMNICACHE_REQUIRE_CLUSTER=1): $2"
    echo "── SKIPPED: $1: $2"
}

# jobs COUNT: makes a file of so many, and says its name.
jobs() {
    local i
    for ((i = 0; i < $1; i++)); do echo "{\"label\": \"hen\", \"seed\": $i, \"output\": \"$i.png\"}"; done >"$1.jsonl"
    echo "$1.jsonl"
}

pictures() { find out -name '*.png' 2>/dev/null | wc -l; }
has_pictures() { [ "$(pictures)" -ge "$1" ]; }
# Waits until a condition holds.
until_so() {
    local i
    for ((i = 0; i < 1200; i++)); do
        "$@" && return
        sleep 0.1
    done
    fail "$* did not come to be"
}
seconds_since() { awk "BEGIN { printf \"%.1f\", $EPOCHREALTIME - $1 }"; }

# same FOLDER OTHER: 'equal', or how many files differ; the order in which jobs were done may, and whose lock was last.
same() {
    local differing
    differing=$(diff -rq --exclude journal.jsonl --exclude .omnicache.lock "$1" "$2" 2>&1 | wc -l)
    [ "$differing" = 0 ] && echo equal || echo "$differing-files"
}
