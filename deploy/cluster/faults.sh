# shellcheck shell=bash disable=SC2016,SC2154  # what 'enter' is given expands on the host; 'test' sets the rest
# The table of faults in deploy/cluster/test, which sources this: a run of jobs is struck, and the same command draws
# the rest when the cause is gone.

# Processes of the run on the whole cluster, by the cluster's own numbers: of one rank, or all.
processes() {
    "$here/enter" launcher '
        for process in /proc/[0-9]*; do
            case $(cat "$process/comm" 2>/dev/null) in omnicache | orted | mpirun) ;; *) continue ;; esac
            grep -q "^State:.Z" "$process/status" 2>/dev/null && continue
            '"${1:+grep -qz '^OMPI_COMM_WORLD_RANK=$1\$' \"\$process/environ\" 2>/dev/null || continue}"'
            echo "${process#/proc/}"
        done'
}
signal() { "$here/enter" launcher "kill -$1 $2"; }
mpirun_process() { "$here/enter" launcher 'for p in /proc/[0-9]*; do
    [ "$(cat "$p/comm")" != mpirun ] || echo "${p#/proc/}"; done' 2>/dev/null; }

# The faults, each given the rank that it strikes.
killed() { signal KILL "$(processes "$1")"; }
stopped() { signal STOP "$(processes "$1")"; }
woken() { signal CONT "$(processes "$1")"; }
terminated() { signal TERM "$(mpirun_process)"; }
cut_off() { "$here/enter" launcher "ip link set port$(($1 + 1)) down"; }
mended() { "$here/enter" launcher "for port in 1 2 3; do ip link set port\$port up; done"; }

# When a fault strikes: before the model is loaded (the rank stands still until the others wait for it), at a computed
# step, where three of four steps are reused (the last rank takes them, and the others wait), or at the end, when all
# images are decoded at once. So many jobs that they last some seconds on an idle machine.
declare -A count=([loading]=400 [computing]=400 [reusing]=150 [decoding]=2000)
! $is_short || count[computing]=200
options() {
    echo --jobs "$(jobs "${count[$1]}")"
    case $1 in
        loading | computing) echo --steps 10 --policy none --in-flight 3 ;;
        reusing) echo --steps 100 --policy uniform --reuse 0.72 --max-run 3 --in-flight 3 ;;
        decoding) echo --steps 1 --policy none --in-flight 2000 ;;
    esac
}
# await WHEN RANK: waits for that moment of a run.
await() {
    case $1 in
        loading) stop_early "$2" && sleep 1 ;;
        computing | reusing) until_so has_pictures 1 ;;
        decoding) until_so has_pictures 20 ;;
    esac
}
# Stops a rank. One loop on the cluster: a small model is loaded before a second look from here.
stop_early() {
    timeout 60 "$here/enter" launcher "while :; do for process in /proc/[0-9]*; do
        read -r name <\"\$process/comm\" && [ \"\$name\" = omnicache ] &&
            grep -qz '^OMPI_COMM_WORLD_RANK=$1\$' \"\$process/environ\" &&
            kill -STOP \"\${process#/proc/}\" && exit
    done; done" 2>/dev/null
}

broken_pictures() {
    # The lock stays behind, and is nobody's then.
    find out -type f ! -name .omnicache.lock ! -name journal.jsonl | while read -r file; do
        # Files appear whole: under their name, with the end of a PNG file.
        [[ $file = *.png && $(tail -c 8 "$file" | head -c 4) = IEND ]] || echo "$file"
    done | wc -l
}

# resumed WHEN: the command of a struck run once more, without what struck it: what comes of it, beside a run that
# nothing has disturbed, which is made where none was before.
resumed() {
    local options whole=whole-${1/loading/computing} status=0
    read -rd '' -a options < <(options "$1") || true
    [ -e "$whole" ] || draw 3 "${options[@]}" --output "$whole/" >/dev/null 2>>errors || fail "$(cat errors)"
    [ ! -e states ] || options+=(--resume states)
    draw 3 "${options[@]}" --output out/ >/dev/null 2>>errors || status=$?
    if [ "$status" = 0 ]; then same "$whole" out; else echo "status-$status"; fi
}

# fault WHAT WHEN RANK STATUS SECONDS: one row. The seconds leave room for what else the machine does, and end before the
# 30 s of patience, by which a run would notice in the end.
fault() {
    local what=$1 when=$2 rank=$3 wanted=$4 most=$5 start status seconds left i patience=30 options after=-
    # Below what Open MPI's keepalive takes, but no link is cut here.
    [ "$what" != stopped ] || patience=3
    rm -rf out states
    mkdir out
    read -rd '' -a options < <(options "$when") || true
    # What is reused is begun again where it was saved, the others by the journal alone.
    [ "$when" != reusing ] || options+=(--checkpoint states --every 5)
    draw 3 --timeout $patience "${options[@]}" --output out/ >/dev/null 2>errors &
    await "$when" "$rank"
    start=$EPOCHREALTIME
    "$what" "$rank"
    wait $! && status=0 || status=$?
    seconds=$(seconds_since "$start")
    # mpirun does not wait for the hosts that it has given up: their own launchers end when they miss it.
    for ((i = 0; i < 150; i++)); do
        left=$(processes | wc -l)
        [ "$left" -gt 0 ] || break
        sleep 0.1
    done
    mended
    local row kept verdict=
    kept=$(pictures)
    [[ " $wanted " = *" $status "* ]] || verdict+=" status"
    awk "BEGIN { exit !($seconds <= $most) }" || verdict+=" too-late"
    [ "$left" = 0 ] || verdict+=" processes"
    [ "$(broken_pictures)" = 0 ] || verdict+=" pictures"
    [ "$when" != loading ] || [ "$kept" = 0 ] || verdict+=" struck-too-late"
    [ "$kept" -lt "${count[$when]}" ] || verdict+=" struck-too-late"
    [ "$what" != stopped ] || grep -q 'omnicache: error: rank .* waited 3 s for ' errors || verdict+=" message"
    if [ "$left" != 0 ]; then
        # What hangs would spoil all that follows.
        signal KILL "$(processes | tr '\n' ' ')"
    elif ! $is_short || [ "$what $when" = "killed computing" ]; then
        after=$(resumed "$when")
        [ "$after" = equal ] || verdict+=" resumed"
    fi
    row=$(printf '%-11s %-10s %4s %8s %7s %7s %5s  %s' \
        "$what" "$when" "$rank" "$seconds" "$status" "$kept" "$left" "$after")
    if [ -z "$verdict" ]; then
        echo "  $row"
    else
        echo "  $row  not as it must be:$verdict"
        sed 's/^/      /' errors | tail -20
        failures=$((failures + 1))
    fi
}

faults() {
    local victim when
    echo "faults on three hosts, and what the same command makes when their cause is gone"
    printf '  %-11s %-10s %4s %8s %7s %7s %5s  %s\n' fault in rank seconds status images left resumed
    for victim in "${victims[@]}"; do
        for when in loading computing decoding; do fault killed $when "$victim" 137 15; done
        $is_short || fault killed reusing "$victim" 137 15
        fault stopped computing "$victim" 69 20
        # Open MPI's own keepalive notices, after 5 + 3 × 2 s.
        fault cut_off computing "$victim" 205 25
    done
    fault terminated computing - "1 143" 15
}
